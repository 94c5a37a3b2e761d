"""Operations on what tasks can run with: providers, models and playbooks. Source: docs/models.md."""

from __future__ import annotations

from roocode_server.handlers.operation import Handlers, operation
from roocode_server.models.model import ModelCatalogue, ModelList, PlaybookList, Playbooks
from roocode_server.models.user import Caller, Permission


class ModelHandlers(Handlers, namespace="/models"):
    """`model.list` and `playbook.list`: what a session can name as its provider and model."""

    @operation("model.list", rest="GET /api/v1/models", permission=Permission.ACCOUNT_READ)
    async def models(self, caller: Caller, request: ModelList) -> ModelCatalogue:
        """List the providers and models that your sessions can name, and what new ones use by default.

        Keys are never shown, only whether there is one. A provider that cannot be used now has a `problem`:
        the code with which tasks would fail, and what to do. A session that is shared with you uses the
        active profile of its owner, not yours.
        """
        return await self.engine.models.to(caller.user_id)

    @operation("playbook.list", rest="GET /api/v1/playbooks", permission=Permission.ACCOUNT_READ)
    async def playbooks(self, caller: Caller, request: PlaybookList) -> Playbooks:
        """List the playbooks that a session with the provider `scripted` can name as its model."""
        return self.engine.providers.playbooks()
