"""The tool calls of a task: each is approved, executed and stored before the next step."""

from __future__ import annotations

import asyncio
import functools
import time
from typing import Final

from roocode_server.engine.agent.commands import Commands
from roocode_server.engine.agent.human_input import HumanInput
from roocode_server.engine.agent.offered_rules import offered_rules
from roocode_server.engine.agent.present_rule import present_rule
from roocode_server.engine.agent.store.states import Alongside
from roocode_server.engine.agent.task_context import TaskContext
from roocode_server.engine.agent.tool_context import AgentToolContext
from roocode_server.engine.providers.wire import objection
from roocode_server.engine.storage.database import Transaction
from roocode_server.engine.tools.apply_diff import ApplyDiff
from roocode_server.engine.tools.attempt_completion import AttemptCompletion
from roocode_server.engine.tools.execution import execute, file_event, outcome
from roocode_server.engine.tools.reach import reach
from roocode_server.engine.tools.tool import (
    TOLD_FAILURE_CHARACTERS,
    Notice,
    PreparedCall,
    ToolFailure,
    ToolResult,
)
from roocode_server.models.approval import Approval, ApprovalStatus, Decision
from roocode_server.models.conversation import Background, ToolCall, Turn, TurnRole
from roocode_server.models.error import AppError
from roocode_server.models.event import Event
from roocode_server.models.identifier import MessageId
from roocode_server.models.task import CallFailure, ToolFailed, ToolStarted
from roocode_server.models.tool import ToolCompleted, ToolGroup
from roocode_server.models.usage import ToolUse

CHANGING: Final = frozenset({ToolGroup.EDIT, ToolGroup.COMMAND, ToolGroup.MCP})
"""Tool groups that may change files."""
INFORMATION: Final = "tool"
"""The kind of notice that is stored after the call; notices of other kinds are stored before it."""
FORBIDDEN: Final = "A rule of this session forbids this. Find another way, or ask the person."
NOT_COMPLETE: Final = (
    "The task was not completed: another call of the same answer failed. Look at its result, and complete "
    "the task once the work is done."
)
INTERRUPTED: Final = (
    "The server stopped while this ran, so its outcome is unknown. Look at what it did before repeating it."
)


class ToolCalls:
    """Executes the tool calls of one task's model."""

    def __init__(self, work: TaskContext, people: HumanInput, commands: Commands) -> None:
        self._work = work
        self._people = people
        self._commands = commands
        self._left = {call.id for call in work.conversation.unanswered}
        """Calls without a result when work on the task began; they may have been started before a restart."""
        self._seen = {call.id for turn in work.conversation.turns for call in turn.calls}
        """Call ids that were seen before: some models use the same id twice."""

    async def answer(self, call: ToolCall) -> str | None:
        """Execute one call and store its result; returns the task's summary if the call completes the
        task.
        """
        summary = await self._answer(call)
        if summary is None:
            self._work.drop_message(call.id)
        else:
            self._work.completed_by = call.id
        return summary

    async def _answer(self, call: ToolCall) -> str | None:
        if call.tool_name == AttemptCompletion.name and self._work.conversation.has_failures:
            await self._misunderstood(call, NOT_COMPLETE)
            return None
        if await self._was_interrupted(call):
            await self._work.append(_answered(call, INTERRUPTED, interrupted=True))
            return None
        unusable = objection(call.arguments)
        if unusable is not None:
            await self._misunderstood(call, unusable)
            return None
        try:
            prepared = self._work.services.tools.prepare(call.tool_name, call.arguments)
            touched = await reach(self._work.workspace, prepared)
        except AppError as mistake:
            await self._misunderstood(call, _explain(mistake))
            return None
        modes = await self._work.services.modes.of(self._work.workspace)
        forbidden = await modes.objection(
            self._work.task.mode, prepared, touched, owner=str(self._work.workspace.folder)
        )
        if forbidden is not None:
            await self._misunderstood(call, forbidden)
            return None
        services = self._work.services
        config = await services.standing_rules.judging(self._work.session)
        withholds = services.policy.withholds(config, prepared, touched)
        context = AgentToolContext(self._work, self._people, self._commands, modes, call, withholds)
        notice = await _notice(prepared, context)
        decision = services.policy.decide(config, prepared, touched)
        may_be_asked = call.id in self._left
        is_asked = decision is Decision.ASK or (may_be_asked and await self._people.has_asked(call))
        if is_asked:
            rules = offered_rules(services.policy, config, prepared, touched)
            answer = await self._people.approve(
                call,
                prepared,
                notice,
                may_be_asked=may_be_asked,
                rules=rules,
                judge=functools.partial(present_rule, self._work, prepared),
            )
            refusal = _refused(answer)
            if refusal is not None:
                await self._work.append(_answered(call, refusal))
                return None
        if decision is Decision.NEVER:
            await self._misunderstood(call, FORBIDDEN)
            return None
        is_told = is_asked or notice is None or notice.kind == INFORMATION
        return await self._perform(call, prepared, context, notice, is_told=is_told)

    async def _perform(
        self,
        call: ToolCall,
        prepared: PreparedCall,
        context: AgentToolContext,
        notice: Notice | None,
        *,
        is_told: bool,
    ) -> str | None:
        await self._begin(call, prepared, None if is_told else notice)
        started = time.perf_counter()
        async with self._work.workspace.undoable() as context.workspace:
            result = await self._execute(call, prepared, context)
            since = self._work.services.transcripts.next_position(self._work.task.id)
            await self._end(call, result, (time.perf_counter() - started) * 1000, context.heard, notice)
        if prepared.tool.group in CHANGING:
            await self._work.save_checkpoint(prepared.describe()[:TOLD_FAILURE_CHARACTERS], since=since)
        await self._delay(prepared)
        return result.completion

    async def _execute(self, call: ToolCall, prepared: PreparedCall, context: AgentToolContext) -> ToolResult:
        with self._work.services.tracer.span(f"execute_tool {call.tool_name}") as span:
            span.set("gen_ai.tool.name", call.tool_name)
            span.set("gen_ai.tool.call.id", call.id)
            try:
                result = await execute(prepared, context)
            except AppError as mistake:
                result = ToolResult(success=False, output=_explain(mistake))
            if not result.success:
                span.fail("TOOL_FAILED")
            return result

    async def _misunderstood(self, call: ToolCall, reason: str) -> None:
        """Answer a call that cannot be made: the model is told how to correct it, and people that it
        failed.
        """
        self._work.mistakes += 1
        begun = ToolStarted(call_id=call.id, tool_name=call.tool_name, parameters=call.arguments)
        ended = ToolFailed(
            call_id=call.id,
            tool_name=call.tool_name,
            error=reason[:TOLD_FAILURE_CHARACTERS],
            code=CallFailure.NOT_MADE,
        )
        tool_usage = self._used(call, attempts=1, failures=1)
        write = self._failing(call, reason) if call.id in self._work.begun_messages else None
        await self._work.append(
            _answered(call, reason), begun, ended, in_same_transaction=write, tool_usage=tool_usage
        )

    def _failing(self, call: ToolCall, reason: str) -> Alongside:
        """Return a write of the failure message, which replaces the call's partially shown message."""
        message_id, ts = self._work.message_of(call.id)
        say = "diff_error" if call.tool_name == ApplyDiff.name else "error"
        text = f"{call.tool_name}: {reason[:TOLD_FAILURE_CHARACTERS]}"
        return self._work.writing(say=say, text=text, message_id=message_id, ts=ts)

    async def _delay(self, prepared: PreparedCall) -> None:
        """Leave people time to see a change that was approved automatically. Source: S2, `writeDelayMs`."""
        auto = self._work.session.config.auto_approval
        if prepared.tool.group is ToolGroup.EDIT and auto.auto_approval_enabled:
            await asyncio.sleep(auto.write_delay_ms / 1000)

    def _used(self, call: ToolCall, *, attempts: int = 0, failures: int = 0) -> dict[str, ToolUse]:
        """Return the task's tool usage with this call added; calls of unknown tools are not counted."""
        used = dict(self._work.task.tool_usage)
        if call.tool_name in self._work.services.tools.tools:
            before = used.get(call.tool_name, ToolUse())
            used[call.tool_name] = ToolUse(
                attempts=before.attempts + attempts, failures=before.failures + failures
            )
        return used

    async def _begin(self, call: ToolCall, prepared: PreparedCall, notice: Notice | None) -> None:
        """Store that the call has begun, so that an interruption can be recognised.

        The notice is stored with it, unless people have already seen it with an approval.
        """

        async def note(unit: Transaction) -> None:
            await self._work.services.tool_calls.begin(
                unit,
                self._work.task.id,
                call.id,
                tool_name=call.tool_name,
                command=prepared.tool.command(prepared.parameters),
                is_new=call.id not in self._seen,
            )
            if notice is not None:
                message_id, ts = self._work.message_of(call.id)
                write = self._work.writing(ask=notice.kind, text=notice.text, message_id=message_id, ts=ts)
                await write(unit)

        started = ToolStarted(call_id=call.id, tool_name=call.tool_name, parameters=call.arguments)
        await self._work.note(
            started,
            in_same_transaction=note,
            step=prepared.describe(),
            tool_usage=self._used(call, attempts=1),
        )
        self._seen.add(call.id)

    async def _end(
        self,
        call: ToolCall,
        result: ToolResult,
        execution_time_ms: float,
        heard: MessageId | None,
        notice: Notice | None,
    ) -> None:
        """Store the result, the file changes and their events in one transaction."""

        async def note(unit: Transaction) -> None:
            await self._work.services.tool_calls.end(
                unit, self._work.task.id, call.id, success=result.success
            )
            if not result.success and call.id in self._work.begun_messages:
                await self._failing(call, result.output)(unit)
            if notice is not None and notice.kind == INFORMATION and result.success:
                message_id, ts = self._work.message_of(call.id)
                write = self._work.writing(
                    say="tool", text=notice.text, images=result.images, message_id=message_id, ts=ts
                )
                await write(unit)

        completed = ToolCompleted(
            call_id=call.id,
            tool_name=call.tool_name,
            result=outcome(result),
            execution_time=round(execution_time_ms, 1),
        )
        turn = Turn(
            role=TurnRole.TOOL,
            text=result.output,
            call_id=call.id,
            success=result.success,
            images=list(result.images),
            exit_code=result.exit.code if result.exit else None,
            message_id=heard,
            background=Background.STARTED if result.is_background else None,
        )
        told: list[Event] = [*(file_event(change) for change in result.changes), completed]
        if result.success:
            self._work.mistakes = 0
            await self._work.append(turn, *told, in_same_transaction=note)
            return
        told.append(
            ToolFailed(
                call_id=call.id, tool_name=call.tool_name, error=result.output[:TOLD_FAILURE_CHARACTERS]
            )
        )
        await self._work.append(
            turn, *told, in_same_transaction=note, tool_usage=self._used(call, failures=1)
        )

    async def _was_interrupted(self, call: ToolCall) -> bool:
        """Return whether the call was running when the server stopped and must not be repeated
        automatically.
        """
        if call.id not in self._left:
            return False
        if not await self._work.services.tool_calls.was_begun(self._work.task.id, call.id):
            return False
        tool = self._work.services.tools.tools.get(call.tool_name)
        return tool is None or not tool.repeatable


async def _notice(prepared: PreparedCall, context: AgentToolContext) -> Notice | None:
    """Return the notice for people; None if it cannot be made, in which case the call itself will fail and
    say why.
    """
    try:
        return await prepared.tool.notice(context, prepared.parameters)
    except (AppError, ToolFailure):
        return None


def _refused(approval: Approval) -> str | None:
    if approval.status is ApprovalStatus.APPROVED:
        return None
    if approval.status is ApprovalStatus.EXPIRED:
        return "Nobody answered in time, so it was not done. Find another way, or ask the person."
    if approval.resolved_by is None and approval.feedback:
        return approval.feedback
    reason = f" They said: {approval.feedback}" if approval.feedback else ""
    return f"The person rejected this.{reason}"


def _answered(call: ToolCall, text: str, *, interrupted: bool = False) -> Turn:
    return Turn(role=TurnRole.TOOL, text=text, call_id=call.id, success=False, interrupted=interrupted)


def _explain(mistake: AppError) -> str:
    facts = "; ".join(f"{name}: {content}" for name, content in mistake.details.items())
    return f"{mistake.message}. {facts}" if facts else mistake.message
