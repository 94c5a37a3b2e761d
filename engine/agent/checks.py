"""The checks of a task: when its agent says that it is done, they decide whether it is."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping, Sequence
from typing import Final

from roocode_server.engine.agent.commands import Commands
from roocode_server.engine.agent.failure import TaskFailure
from roocode_server.engine.agent.task_context import TaskContext
from roocode_server.engine.concurrency.worker import Exhausted
from roocode_server.engine.runtimes.runtime import Command, Exit
from roocode_server.engine.shell_lines.allowlist import objection
from roocode_server.engine.tools.file_digests import MOST_DIGESTS, FileDigests, TooManyFiles, file_digests
from roocode_server.engine.tools.path_patterns import is_usable
from roocode_server.engine.tools.text import printable, shortened
from roocode_server.engine.workspace.workspace import Workspace
from roocode_server.models.check import (
    EVIDENCE_OUTPUT_CHARACTERS,
    CheckEvidence,
    CheckKind,
    CheckOutcome,
    CommandCheck,
    TaskChecked,
    TaskChecks,
)
from roocode_server.models.clock import now
from roocode_server.models.conversation import Turn, TurnRole
from roocode_server.models.error import AppError, InvalidField
from roocode_server.models.session import SessionConfig
from roocode_server.models.task import TaskProgress

CHECKS_FAILED: Final = "CHECKS_FAILED"
NOT_ACCEPTED: Final = "The task is not done: it was checked, and not all checks have passed."
TOLD_RESULTS_CHARACTERS: Final = 20_000
NAMED_FILES: Final = 20
"""How many files a reason names."""
Digests = Sequence[Mapping[str, str]]
"""For each pattern of `changed` and then of `protect`, the digests of the files that match."""


class CompletionChecks:
    """Makes the checks of one task."""

    def __init__(self, work: TaskContext, commands: Commands) -> None:
        self._work = work
        self._commands = commands

    async def objection(self) -> str | None:
        """Check whether the task is done; None if it is, or what the agent is told, which is then a turn of
        the conversation.

        The evidence of checks that have passed is in the task's context. Raises: TaskFailure, if they have
        failed for the last time.
        """
        checks = self._work.task.config.checks
        if checks is None:
            return None
        self._work.evidence = None
        # What goes on in the background could change the files between one check and the next.
        await self._commands.close()
        attempt = 1 + sum(map(_is_objection, _of_this_turn(self._work.conversation.turns)))
        step = f"checks, attempt {attempt} of {checks.max_attempts}"
        await self._work.note(TaskProgress(progress=self._work.task.progress, step=step), step=step)
        evidence = await self._evidence(checks, attempt)
        told = TaskChecked(evidence=evidence)
        if evidence.passed:
            self._work.evidence = evidence
            await self._work.note(told)
            return None
        failed = [each for each in evidence.results if not each.passed]
        if attempt >= checks.max_attempts:
            await self._work.note(told)
            raise _failure(attempt, failed)
        said = _told(failed)
        await self._work.append(Turn(role=TurnRole.USER, text=said), told)
        return said

    async def _evidence(self, checks: TaskChecks, attempt: int) -> CheckEvidence:
        start = await self._work.services.results.digests(self._work.task.id)
        assert start is not None  # noqa: S101 - stored with the first turn of the conversation
        found = await _digests(self._work.workspace, checks)
        results = _protected(checks, start, found.matching)
        # A changed script could hide that it is: it is not run.
        if all(each.passed for each in results):
            commands = [await self._run(each) for each in checks.commands]
            found = await _digests(self._work.workspace, checks)
            results = [
                *commands,
                *_changed(checks, start, found.matching),
                *_protected(checks, start, found.matching),
            ]
        return CheckEvidence(
            attempt=attempt,
            passed=all(each.passed for each in results),
            tree_hash=found.tree,
            checked_at=now(),
            results=results,
        )

    async def _run(self, check: CommandCheck) -> CheckOutcome:
        failed = CheckOutcome(kind=CheckKind.COMMAND, check=check.command, passed=False)
        refusal = objection(check.command, self._work.session.config.allowed_commands)
        if refusal is not None:
            return dataclasses.replace(failed, reason=refusal)
        printed = hashlib.sha256()

        async def hear(_: str, text: str) -> None:
            printed.update(text.encode("utf-8", "surrogatepass"))

        sandbox = self._work.sandbox.within(check.timeout)
        try:
            done = await self._work.services.runtime.run(sandbox, Command(line=check.command), on_output=hear)
        except AppError as failure:
            return dataclasses.replace(failed, reason=failure.message)
        reason = _reason(check, done)
        return CheckOutcome(
            kind=CheckKind.COMMAND,
            check=check.command,
            passed=reason is None,
            reason=reason,
            exit_code=done.code,
            output_hash=printed.hexdigest(),
            output=printable(done.output)[-EVIDENCE_OUTPUT_CHARACTERS:],
            execution_time=round(done.duration_s * 1000, 1),
        )


async def start_digests(workspace: Workspace, checks: TaskChecks) -> Digests:
    """Return what the files that the checks are about contain when the task begins. Raises: TaskFailure."""
    return (await _digests(workspace, checks)).matching


async def _digests(workspace: Workspace, checks: TaskChecks) -> FileDigests:
    try:
        return await file_digests(workspace, [*checks.changed, *checks.protect])
    except TooManyFiles:
        raise TaskFailure(
            CHECKS_FAILED, f"The patterns of its checks match more than {MOST_DIGESTS} files; name fewer"
        ) from None
    except Exhausted:
        raise TaskFailure(
            CHECKS_FAILED, "The workspace is too large for its files to be compared in time"
        ) from None


def check_usable(checks: TaskChecks, session: SessionConfig) -> None:
    """Raises: InvalidField, if a new task of the session has checks that could never pass."""
    if not (checks.commands or checks.changed or checks.protect):
        raise InvalidField("config.checks", "Names nothing that would be checked.")
    for position, check in enumerate(checks.commands):
        field = f"config.checks.commands.{position}.command"
        if "\0" in check.command:
            raise InvalidField(field, "A command line has no NUL.")
        refusal = objection(check.command, session.allowed_commands)
        if refusal is not None:
            raise InvalidField(field, refusal)
    for field, patterns in (("changed", checks.changed), ("protect", checks.protect)):
        for position, pattern in enumerate(patterns):
            if "\n" in pattern or not is_usable(pattern):
                raise InvalidField(f"config.checks.{field}.{position}", "No file can match this pattern.")


def _reason(check: CommandCheck, done: Exit) -> str | None:
    if done.stopped_by is not None:
        return f"It was stopped, because it reached its limit: {done.stopped_by}."
    if done.code != check.exit_code:
        return f"The exit code is {done.code}, not {check.exit_code}."
    return None


def _changed(checks: TaskChecks, start: Digests, found: Digests) -> list[CheckOutcome]:
    return [
        CheckOutcome(
            kind=CheckKind.CHANGED,
            check=pattern,
            passed=before != after,
            reason="No file that matches has changed since the task began." if before == after else None,
        )
        for pattern, before, after in zip(checks.changed, start, found, strict=False)
    ]


def _protected(checks: TaskChecks, start: Digests, found: Digests) -> list[CheckOutcome]:
    results = []
    first = len(checks.changed)
    for pattern, before, after in zip(checks.protect, start[first:], found[first:], strict=True):
        differing = sorted(
            path for path in before.keys() | after.keys() if before.get(path) != after.get(path)
        )
        named = ", ".join(f"/{path}" for path in differing[:NAMED_FILES])
        more = f" and {len(differing) - NAMED_FILES} more" if len(differing) > NAMED_FILES else ""
        results.append(
            CheckOutcome(
                kind=CheckKind.PROTECT,
                check=pattern,
                passed=not differing,
                reason=f"These files may not change; restore them: {named}{more}." if differing else None,
            )
        )
    return results


def _of_this_turn(turns: Sequence[Turn]) -> Sequence[Turn]:
    """Return what was said in the task's present turn."""
    return turns[max((place for place, turn in enumerate(turns) if turn.begins_turn), default=0) :]


def _is_objection(turn: Turn) -> bool:
    return turn.role is TurnRole.USER and turn.message_id is None and turn.text.startswith(NOT_ACCEPTED)


def _told(failed: Sequence[CheckOutcome]) -> str:
    lines = [NOT_ACCEPTED]
    for each in failed:
        lines.append(f"\n`{each.check}` ({each.kind}): {each.reason}")
        if each.output:
            lines.append(f"It printed:\n{each.output.strip()}")
    lines.append("\nMend what is wrong, and complete the task when the checks will pass.")
    return shortened("\n".join(lines), TOLD_RESULTS_CHARACTERS)


def _failure(attempt: int, failed: Sequence[CheckOutcome]) -> TaskFailure:
    names = [each.check[:200] for each in failed]
    return TaskFailure(
        CHECKS_FAILED,
        f"The agent says that it is done, but the checks have failed, in attempt {attempt}: "
        f"{failed[0].reason}",
        details={"attempts": attempt, "failed": names},
    )
