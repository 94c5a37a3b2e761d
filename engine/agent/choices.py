"""Checks the names in a session's configuration against the modes and providers that exist."""

from __future__ import annotations

from roocode_server.engine.agent.modes import ModeBook
from roocode_server.engine.providers.catalogue import Providers
from roocode_server.engine.workspace.workspace import Workspace
from roocode_server.models.error import InvalidField
from roocode_server.models.profile import AUTO
from roocode_server.models.session import SessionConfigChange
from roocode_server.models.shape import camel_case
from roocode_server.models.unattended import Fallback, QuestionKind, UnattendedPolicy


class Choices:
    """Checks configurations before they are stored, so that no task fails later because of an unknown
    name.
    """

    def __init__(self, modes: ModeBook, providers: Providers) -> None:
        self._modes = modes
        self._providers = providers

    async def check(self, workspace: Workspace | None, wanted: SessionConfigChange) -> None:
        """Raises: InvalidField, with the names that exist, if a provider or mode is unknown, or if an
        unattended policy contradicts itself; ExtraNotInstalled.
        """
        if isinstance(wanted.provider, str):
            known = [AUTO, *self._providers.names()]
            if wanted.provider not in known:
                raise InvalidField("config.provider", "No such provider.", known=known)
            self._providers.check_installed(wanted.provider)
        if isinstance(wanted.mode, str):
            modes = self._modes.standing if workspace is None else await self._modes.of(workspace)
            if wanted.mode not in modes.by_slug:
                raise InvalidField("config.mode", "No such mode.", known=list(modes.by_slug))
        if isinstance(wanted.unattended_policy, UnattendedPolicy):
            _check_answers(wanted.unattended_policy)
            self._check_reviewers(wanted.unattended_policy)

    def _check_reviewers(self, policy: UnattendedPolicy) -> None:
        """Raises: InvalidField, if a reviewer is unknown, or named where none decides; ExtraNotInstalled."""
        known = [AUTO, *self._providers.names()]
        for kind, unanswered in policy.named():
            place = f"config.unattendedPolicy.{camel_case(kind)}"
            if unanswered.review is not None and unanswered.reviewed is None:
                raise InvalidField(f"{place}.review", "Nothing is reviewed here: `then` has to be `review`.")
            provider = None if unanswered.reviewed is None else unanswered.reviewed.provider
            if provider is not None and provider not in known:
                raise InvalidField(f"{place}.review.provider", "No such provider.", known=known)
            if provider is not None:
                self._providers.check_installed(provider)


def _check_answers(policy: UnattendedPolicy) -> None:
    """Raises: InvalidField, if an answer is missing, or given to what is no question."""
    for kind, unanswered in policy.named():
        if unanswered.then is not Fallback.ANSWER:
            continue
        place = f"config.unattendedPolicy.{camel_case(kind)}"
        if kind is not QuestionKind.QUESTION:
            raise InvalidField(
                f"{place}.then", "Only a question can be answered: refuse, allow, review or fail."
            )
        if not unanswered.answer:
            raise InvalidField(f"{place}.answer", "Say what the answer is.")
