"""Tool calls of a task: may it be run, what came of it, and both stored before the next step."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final

from engine.agent.people import People
from engine.agent.work import Work
from engine.runtimes.runtime import Command, Exit
from engine.storage.database import Transaction
from engine.tools.catalogue import PreparedCall
from engine.tools.perform import file_event, outcome, perform
from engine.tools.tool import ToolFailure, ToolResult
from models.approval import Approval, ApprovalStatus, Decision
from models.conversation import Role, ToolCall, Turn
from models.error import AppError
from models.identifier import MessageId, TaskId
from models.task import ToolOutput, ToolStarted
from models.tool import ToolCompleted

FORBIDDEN: Final = "A rule of this session forbids this. Find another way, or ask the person."
INTERRUPTED: Final = (
    "The server stopped while this ran, so its outcome is unknown. Look at what it did before repeating it."
)


class TaskContext:
    """What a tool may use, filled for a task."""

    def __init__(self, work: Work, people: People, call: ToolCall) -> None:
        self.workspace = work.workspace
        self.config = work.session.config
        self.session_id = work.session.id
        self.user_id = work.session.user_id
        self.task_id: TaskId | None = work.task.id
        self.heard: MessageId | None = None
        self._work = work
        self._people = people
        self._call = call

    async def run_command(self, line: str, *, directory: str = "") -> Exit:
        """Run a command in the sandbox; what it prints is shown to whoever watches."""
        return await self._work.equipment.runtime.run(
            self._work.sandbox, Command(line=line, directory=directory), on_output=self._show
        )

    async def ask(self, question: str, suggestions: Sequence[str]) -> str:
        """A person's answer to a question of the model."""
        message = await self._people.ask(question, suggestions)
        self.heard = message.id
        return message.text or ""

    async def say(self, kind: str, text: str, images: Sequence[str] = ()) -> None:
        """Tell people something as a message of the task."""

        async def write(unit: Transaction) -> None:
            await self._work.equipment.transcripts.write(
                unit, self._work.task, say=kind, text=text, images=images
            )

        await self._work.note(alongside=write)

    async def set_todos(self, todos: str) -> None:
        raise ToolFailure("This server keeps no list of things to do yet")

    async def switch_mode(self, slug: str, reason: str) -> str:
        raise ToolFailure("This server has no modes to switch to yet")

    async def delegate(self, mode: str, message: str, todos: str | None) -> str:
        raise ToolFailure("This server runs no subtasks yet")

    async def _show(self, stream: str, text: str) -> None:
        self._work.signal(ToolOutput(call_id=self._call.id, stream=stream, text=text))


class Calls:
    """Answers the calls of one task's model."""

    def __init__(self, work: Work, people: People) -> None:
        self._work = work
        self._people = people

    async def answer(self, call: ToolCall) -> str | None:
        """Do what one call asks and store what came of it; the summary, if the call ends the task."""
        if await self._was_interrupted(call):
            await self._work.append(_answered(call, INTERRUPTED, interrupted=True))
            return None
        try:
            prepared = self._work.equipment.tools.prepare(call.tool_name, call.arguments)
            refusal = await self._refusal(call, prepared)
        except AppError as mistake:
            refusal = _explain(mistake)
        if refusal is not None:
            await self._work.append(_answered(call, refusal))
            return None
        return await self._perform(call, prepared)

    async def _perform(self, call: ToolCall, prepared: PreparedCall) -> str | None:
        context = TaskContext(self._work, self._people, call)
        await self._begin(call, prepared)
        started = time.perf_counter()
        try:
            result = await perform(prepared, context)
        except AppError as mistake:
            result = ToolResult(success=False, output=_explain(mistake))
        await self._end(call, result, (time.perf_counter() - started) * 1000, context.heard)
        return result.completion

    async def _begin(self, call: ToolCall, prepared: PreparedCall) -> None:
        """Note that the call begins, so that an interruption is known for what it is."""

        async def note(unit: Transaction) -> None:
            await self._work.equipment.tool_calls.begin(
                unit,
                self._work.task.id,
                call.id,
                tool_name=call.tool_name,
                command=prepared.tool.command(prepared.parameters),
            )

        started = ToolStarted(call_id=call.id, tool_name=call.tool_name, parameters=call.arguments)
        await self._work.note(started, alongside=note, step=prepared.tool.describe(prepared.parameters))

    async def _end(
        self, call: ToolCall, result: ToolResult, execution_time_ms: float, heard: MessageId | None
    ) -> None:
        """Store the result, the files that changed and the events of both at once."""

        async def note(unit: Transaction) -> None:
            await self._work.equipment.tool_calls.end(
                unit, self._work.task.id, call.id, success=result.success
            )

        completed = ToolCompleted(
            call_id=call.id,
            tool_name=call.tool_name,
            result=outcome(result),
            execution_time=round(execution_time_ms, 1),
        )
        turn = Turn(
            role=Role.TOOL,
            text=result.output,
            call_id=call.id,
            success=result.success,
            exit_code=result.exit.code if result.exit else None,
            message_id=heard,
        )
        changed = [file_event(change) for change in result.changes]
        await self._work.append(turn, *changed, completed, alongside=note)

    async def _was_interrupted(self, call: ToolCall) -> bool:
        """Whether the call ran when the server stopped and must not simply be run again."""
        if not await self._work.equipment.tool_calls.was_begun(self._work.task.id, call.id):
            return False
        tool = self._work.equipment.tools.tools.get(call.tool_name)
        return tool is None or not tool.repeatable

    async def _refusal(self, call: ToolCall, prepared: PreparedCall) -> str | None:
        """None if the call may be run; otherwise what the model is told."""
        paths = [self._work.workspace.canonical(path) for path in prepared.tool.paths(prepared.parameters)]
        decision = self._work.equipment.policy.decide(self._work.session.config, prepared, paths)
        if decision is Decision.ALWAYS:
            return None
        if decision is Decision.NEVER:
            return FORBIDDEN
        return _refused(await self._people.approve(call, prepared))


def _refused(approval: Approval) -> str | None:
    if approval.status is ApprovalStatus.APPROVED:
        return None
    if approval.status is ApprovalStatus.EXPIRED:
        return "Nobody answered in time, so this was not done. Find another way, or ask the person."
    reason = f" They said: {approval.feedback}" if approval.feedback else ""
    return f"The person refused this.{reason}"


def _answered(call: ToolCall, text: str, *, interrupted: bool = False) -> Turn:
    return Turn(role=Role.TOOL, text=text, call_id=call.id, success=False, interrupted=interrupted)


def _explain(mistake: AppError) -> str:
    facts = "; ".join(f"{name}: {content}" for name, content in mistake.details.items())
    return f"{mistake.message}. {facts}" if facts else mistake.message
