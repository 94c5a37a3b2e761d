"""The client side of the protocol: the agent's updates become events, its requests become approvals."""

from __future__ import annotations

import asyncio
import dataclasses
import functools
import math
from collections.abc import Sequence
from typing import Any, Final

from acp import (
    ReadTextFileResponse,
    RequestError,
    RequestPermissionResponse,
    WriteTextFileResponse,
)
from acp.schema import (
    AgentMessageChunk,
    AgentPlanUpdate,
    AgentThoughtChunk,
    AllowedOutcome,
    DeniedOutcome,
    PermissionOption,
    TextContentBlock,
    ToolCallProgress,
    ToolCallStart,
    ToolCallUpdate,
    UsageUpdate,
)

from roocode_server.engine.agent.external.calls import command_of, paths_of, prepared, tool_call
from roocode_server.engine.agent.failure import TaskFailure
from roocode_server.engine.agent.human_input import HumanInput
from roocode_server.engine.agent.offered_rules import offered_rules
from roocode_server.engine.agent.present_rule import present_rule
from roocode_server.engine.agent.store.transcript import new_message_id
from roocode_server.engine.agent.task_context import TaskContext
from roocode_server.engine.storage.usage import ModelUse
from roocode_server.engine.tools.changes import change_of
from roocode_server.engine.tools.execution import file_event
from roocode_server.engine.tools.paths import place
from roocode_server.engine.tools.reach import reach
from roocode_server.engine.tools.rooignore import RooIgnore
from roocode_server.engine.tools.tool import PreparedCall
from roocode_server.models.approval import ApprovalStatus, Decision
from roocode_server.models.error import AppError, NotFound
from roocode_server.models.identifier import MessageId, new_id
from roocode_server.models.lines import ended_lines
from roocode_server.models.task import MessageDelta, TaskProgress, TodosUpdated, ToolFailed, ToolStarted
from roocode_server.models.tool import ToolCompleted, ToolGroup, ToolOutcome
from roocode_server.models.usage import ToolUse, UsageUpdated

_MARKS = {"completed": "x", "in_progress": "-", "pending": " "}
_ENDED = ("completed", "failed")
EXTERNAL: Final = "external"
"""The provider under which the costs of agent programs are counted."""


class ExternalClient:
    """The client object that the protocol's library calls."""

    def __init__(self, work: TaskContext, people: HumanInput, program: str) -> None:
        self._work = work
        self._people = people
        self._program = program
        self._order = asyncio.Lock()
        self._drafts: dict[str, tuple[MessageId, int, list[str]]] = {}
        self._started: dict[str, ToolCallStart] = {}
        self._granted: dict[str, frozenset[str]] = {}
        """For each call in progress, the files that it may write."""
        self.last_text = ""
        self.stopped: asyncio.Future[TaskFailure] = asyncio.get_running_loop().create_future()
        """Done when the agent has reported that it has used up the task's budget."""
        self.reported = 0.0
        """What the agent says that its session has cost so far, in US dollars."""
        self.is_loading = False
        """Whether the agent repeats what was said in a session that it loads."""

    def on_connect(self, conn: Any) -> None:
        """Called by the library when the connection is made; nothing to do."""

    async def session_update(self, session_id: str, update: Any, **_: Any) -> None:
        """Handle an update of the agent, in order of arrival."""
        if self.is_loading:
            return
        async with self._order:
            match update:
                case AgentMessageChunk(content=TextContentBlock(text=text)):
                    self._write("text", text)
                case AgentThoughtChunk(content=TextContentBlock(text=text)):
                    self._write("reasoning", text)
                case ToolCallStart():
                    await self._begin(update)
                case ToolCallProgress():
                    await self._go_on(update)
                case AgentPlanUpdate():
                    await self._plan(update)
                case UsageUpdate():
                    await self._count(update)

    async def finish_messages(self) -> None:
        """Store the messages that were being streamed."""
        for say, (message_id, ts, pieces) in list(self._drafts.items()):
            text = "".join(pieces)
            if say == "text":
                self.last_text = text
            await self._work.note(
                in_same_transaction=self._work.writing(say=say, text=text, ts=ts, message_id=message_id)
            )
        self._drafts.clear()

    async def request_permission(
        self, session_id: str, tool_call: ToolCallUpdate, options: list[PermissionOption], **_: Any
    ) -> RequestPermissionResponse:
        """Decide whether a call may be made: by policy, or by asking people."""
        async with self._order:
            await self.finish_messages()
        begun = self._started.get(tool_call.tool_call_id)
        kind = tool_call.kind or (begun.kind if begun else None) or "other"
        title = tool_call.title or (begun.title if begun else None) or kind
        raw = tool_call.raw_input or (begun.raw_input if begun else None) or {}
        paths = paths_of(tool_call) or (paths_of(begun) if begun else [])
        call = prepared(kind, title, paths, command_of(raw))
        try:
            is_allowed = await self._may(tool_call.tool_call_id, call, raw)
            if is_allowed and call.tool.group is ToolGroup.EDIT:
                self._granted[tool_call.tool_call_id] = await self._places(paths)
        except AppError:
            is_allowed = False  # a path that leads out of the workspace
        return _chosen(options, "allow_once" if is_allowed else "reject_once")

    async def write_text_file(
        self, session_id: str, path: str, content: str, **_: Any
    ) -> WriteTextFileResponse:
        """Write a file of the workspace, if an approved call covers it or an approval of its own allows it.

        Raises: RequestError.
        """
        workspace = self._work.workspace
        call = prepared("edit", f"Write {path}", [path], None)
        try:
            is_granted = await self._is_granted(path)
            if not is_granted and not await self._may(new_id("write"), call, {"path": path}):
                raise RequestError.invalid_params({"message": "This write was refused."})
            before = await self._content(path)
            async with workspace.undoable() as undoable:
                await undoable.put(path, content.encode())
                change = await asyncio.to_thread(
                    change_of, workspace.canonical(path), before, content.encode()
                )
                await self._work.note(file_event(change))
        except AppError as failure:
            raise _as_request_error(failure) from failure
        return WriteTextFileResponse()

    async def read_text_file(
        self, session_id: str, path: str, line: int | None = None, limit: int | None = None, **_: Any
    ) -> ReadTextFileResponse:
        """Return a text file of the workspace, or `limit` of its lines from `line` on.

        Raises: RequestError.
        """
        call = prepared("read", f"Read {path}", [path], None)
        try:
            if not await self._may(new_id("read"), call, {"path": path}):
                raise RequestError.invalid_params({"message": "Reading this was refused."})
            content = (await self._work.workspace.read(path)).content.decode()
        except AppError as failure:
            raise _as_request_error(failure) from failure
        except UnicodeDecodeError:
            raise RequestError.invalid_params({"message": "Not a text file."}) from None
        if line is not None or limit is not None:
            first = (line or 1) - 1
            lines = ended_lines(content)
            content = "".join(lines[first : None if limit is None else first + limit])
        return ReadTextFileResponse(content=content)

    def __getattr__(self, name: str) -> Any:
        """Refuse the protocol's other methods, which this client does not offer."""
        if name.startswith("_"):
            raise AttributeError(name)

        async def refuse(*_: Any, **__: Any) -> Any:
            raise RequestError.method_not_found(name)

        return refuse

    async def _content(self, path: str) -> bytes | None:
        try:
            return (await self._work.workspace.read(path)).content
        except NotFound:
            return None

    async def _may(self, call_id: str, call: PreparedCall, arguments: Any) -> bool:
        services, workspace = self._work.services, self._work.workspace
        touched = await reach(workspace, call)
        forbidden = await RooIgnore.of_workspace(workspace)
        if await forbidden.objection(touched) is not None:
            return False
        config = await services.standing_rules.judging(self._work.session)
        decision = services.policy.decide(config, call, touched)
        if decision is not Decision.ASK:
            return decision is Decision.ALWAYS
        raw = arguments if isinstance(arguments, dict) else {}
        asked = tool_call(call_id, call.tool.name, raw)
        rules = offered_rules(services.policy, config, call, touched)
        judge = functools.partial(present_rule, self._work, call)
        answer = await self._people.approve(asked, call, None, may_be_asked=False, rules=rules, judge=judge)
        return answer.status is ApprovalStatus.APPROVED

    async def _is_granted(self, path: str) -> bool:
        """Return whether a call in progress may write this file. Raises: AppError."""
        wanted = await self._places([path])
        return any(wanted <= granted for granted in self._granted.values())

    async def _places(self, paths: Sequence[str]) -> frozenset[str]:
        """Resolve paths to the files that they lead to. Raises: AppError."""
        workspace = self._work.workspace
        return frozenset(await workspace.reached(*[place(workspace, path) for path in paths]))

    def _write(self, say: str, text: str) -> None:
        if not text:
            return  # only an incomplete character so far
        if say not in self._drafts:
            self._drafts[say] = (new_message_id(), self._work.next_ts(), [])
        message_id, ts, pieces = self._drafts[say]
        position = sum(map(len, pieces))
        pieces.append(text)
        self._work.signal(MessageDelta(message_id=message_id, text=text, ts=ts, say=say, position=position))

    async def _begin(self, call: ToolCallStart) -> None:
        await self.finish_messages()
        self._started[call.tool_call_id] = call
        kind = call.kind or "other"
        raw = call.raw_input if isinstance(call.raw_input, dict) else {}
        done = self._work.task.iterations + 1
        await self._work.note(
            ToolStarted(call_id=call.tool_call_id[:128], tool_name=kind, parameters=raw),
            TaskProgress(progress=min(95, round(100 * done / (done + 4))), step=call.title),
            step=call.title,
            iterations=done,
            tool_usage=self._used(kind, attempts=1),
        )
        if call.status in _ENDED:
            await self._go_on(
                ToolCallProgress(
                    **call.model_dump(exclude={"session_update"}), session_update="tool_call_update"
                )
            )

    async def _go_on(self, update: ToolCallProgress) -> None:
        begun = self._started.get(update.tool_call_id)
        if begun is None or update.status not in _ENDED:
            return
        del self._started[update.tool_call_id]
        self._granted.pop(update.tool_call_id, None)
        kind, succeeded = begun.kind or "other", update.status == "completed"
        outcome = ToolOutcome(success=succeeded, output=_text(update)[:40_000])
        call_id = update.tool_call_id[:128]
        told = ToolCompleted(call_id=call_id, tool_name=kind, result=outcome, execution_time=0.0)
        if succeeded:
            await self._work.note(told)
            return
        failed = ToolFailed(call_id=call_id, tool_name=kind, error=outcome.output[:2000])
        await self._work.note(told, failed, tool_usage=self._used(kind, failures=1))

    def _used(self, kind: str, *, attempts: int = 0, failures: int = 0) -> dict[str, ToolUse]:
        used = dict(self._work.task.tool_usage)
        before = used.get(kind, ToolUse())
        used[kind] = ToolUse(attempts=before.attempts + attempts, failures=before.failures + failures)
        return used

    async def _plan(self, update: AgentPlanUpdate) -> None:
        todos = "\n".join(f"- [{_MARKS[entry.status]}] {entry.content}" for entry in update.entries)
        await self._work.note(TodosUpdated(todos=todos), todos=todos)

    async def _count(self, update: UsageUpdate) -> None:
        """Count what the agent reports: the tokens of its context, and what its session has cost so far."""
        cost = 0.0
        if update.cost is not None and update.cost.currency == "USD" and math.isfinite(update.cost.amount):
            cost = max(0.0, update.cost.amount - self.reported)
            self.reported += cost
        spent = self._work.spend(_reported(self._program, cost))
        usage = dataclasses.replace(spent, context_tokens=update.used)
        told = UsageUpdated(usage=usage, tool_usage=self._work.task.tool_usage)
        await self._work.note(told, usage=usage)
        try:
            self._work.budget.check()
        except TaskFailure as failure:
            if not self.stopped.done():
                self.stopped.set_result(failure)


def _reported(program: str, cost: float) -> ModelUse:
    """Return a use as far as agent programs report it: neither its requests nor the tokens of each."""
    return ModelUse(
        provider=EXTERNAL,
        model=program,
        requests=0,
        tokens_in=0,
        tokens_out=0,
        cache_reads=0,
        cache_writes=0,
        cost=cost,
        unpriced_requests=0,
    )


def _chosen(options: list[PermissionOption], wanted: str) -> RequestPermissionResponse:
    """Select the option of this kind or its `always` variant; without one, the call is cancelled."""
    same = (wanted, wanted.replace("_once", "_always"))
    for kind in same:
        for option in options:
            if option.kind == kind:
                return RequestPermissionResponse(
                    outcome=AllowedOutcome(outcome="selected", option_id=option.option_id)
                )
    return RequestPermissionResponse(outcome=DeniedOutcome(outcome="cancelled"))


def _text(update: ToolCallProgress) -> str:
    """Return the result of a call as text."""
    pieces = []
    for block in update.content or []:
        inner = getattr(block, "content", None)
        if isinstance(inner, TextContentBlock):
            pieces.append(inner.text)
    if pieces:
        return "\n".join(pieces)
    return str(update.raw_output) if update.raw_output is not None else ""


def _as_request_error(failure: AppError) -> RequestError:
    if isinstance(failure, NotFound):
        return RequestError.resource_not_found(str(failure.details.get("id", "")))
    return RequestError.invalid_params({"message": failure.message, **failure.details})
