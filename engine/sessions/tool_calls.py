"""Tools called directly by a caller, without a task. Source: S0, "Tool Execution"."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Final

from roocode_server.engine.concurrency.shield import run_to_completion
from roocode_server.engine.events.hub import Hub
from roocode_server.engine.events.lifetimes import CUT_OFF, Lifetimes
from roocode_server.engine.runtimes.runtime import Command, Exit, OutputSink, Runtime
from roocode_server.engine.sessions.sessions import Sessions
from roocode_server.engine.tools.execution import execute, file_event, outcome
from roocode_server.engine.tools.registry import ToolRegistry
from roocode_server.engine.tools.tool import TOLD_FAILURE_CHARACTERS, HumanAnswer, ToolFailure, ToolResult
from roocode_server.models.error import NotFound, ServerOverload
from roocode_server.models.event import Event
from roocode_server.models.identifier import CallId, SessionId, TaskId, new_id
from roocode_server.models.session import MEBIBYTE, Session
from roocode_server.models.task import CallFailure, ToolFailed, ToolOutput, ToolStarted
from roocode_server.models.tool import (
    ResourceUsage,
    ToolCompleted,
    ToolDescription,
    ToolExecute,
    ToolExecuted,
)

STOPPING: Final = "The server is stopping; try again in a moment"


class DirectContext:
    """The `ToolContext` of a direct call."""

    def __init__(
        self, sessions: Sessions, runtime: Runtime, hub: Hub, session: Session, call_id: CallId
    ) -> None:
        self.workspace = sessions.workspace(session.id)
        self.config = session.config
        self.session_id = session.id
        self.user_id = session.user_id
        self.task_id: TaskId | None = None
        self._sandbox = sessions.sandbox(session)
        self._runtime = runtime
        self._hub = hub
        self._session = session
        self._call_id = call_id
        self.programs: list[Exit] = []
        """The programs that have run in the sandbox for this call."""

    def withholds(self, path: str) -> bool:
        """Return False: such rules are for agents, and the caller is a person."""
        return False

    async def run_command(self, line: str, *, directory: str = "", timeout_s: float | None = None) -> Exit:
        """Run a command in the sandbox; its output is streamed to those who are connected."""
        command = Command(line=line, directory=directory)
        return self._counted(
            await self._runtime.run(self._sandbox.within(timeout_s), command, on_output=self._show)
        )

    async def run_quietly(self, line: str, sink: OutputSink) -> Exit:
        """Run a tool's own read-only program in the sandbox; its output goes to `sink` only."""
        command = Command(line=line, only_reads=True)
        return self._counted(await self._runtime.run(self._sandbox, command, on_output=sink))

    def _counted(self, done: Exit) -> Exit:
        self.programs.append(done)
        return done

    async def ask(self, question: str, suggestions: Sequence[str]) -> HumanAnswer:
        """Raises: ToolFailure: there is nobody else to ask."""
        raise ToolFailure("This tool asks a person, so it only works within a task")

    async def say(self, kind: str, text: str, images: Sequence[str] = ()) -> None:
        """Do nothing: there is no task with messages, and the caller gets the result."""

    async def set_todos(self, todos: str) -> None:
        """Raises: ToolFailure: there is no task."""
        raise ToolFailure("A to-do list belongs to a task, and a direct call has none")

    async def switch_mode(self, slug: str, reason: str) -> str:
        """Raises: ToolFailure: there is no task."""
        raise ToolFailure(
            "Modes can only be switched within a task; change the session's `config.mode` instead"
        )

    async def delegate(self, mode: str, message: str, todos: str | None) -> str:
        """Raises: ToolFailure: there is no task."""
        raise ToolFailure("A subtask belongs to a task; create a task instead")

    async def _show(self, stream: str, text: str) -> None:
        self._hub.signal(self._session.id, ToolOutput(call_id=self._call_id, stream=stream, text=text))


class ToolExecution:
    """Runs tools for callers."""

    def __init__(
        self, sessions: Sessions, runtime: Runtime, tools: ToolRegistry, lasting: Lifetimes, hub: Hub
    ) -> None:
        self._sessions = sessions
        self._runtime = runtime
        self._tools = tools
        self._lasting = lasting
        self._hub = hub
        self._running: dict[asyncio.Task[ToolExecuted], SessionId] = {}
        self._is_closing = False
        sessions.before_deletion(self.close_session)

    def describe(self) -> list[ToolDescription]:
        """Return the descriptions of all tools."""
        return self._tools.describe()

    async def execute(self, request: ToolExecute, session: Session | None = None) -> ToolExecuted:
        """Run a tool now. No approval is asked for, because the caller is a person; `allowedCommands` apply.

        Raises: NotFound, if there is no such tool; ValidationFailed, if the parameters do not fit; what the
        tool raises for paths; RuntimeUnavailable; Conflict, if the session is not active; ServerOverload, if
        the server stops before the tool has ended.
        """
        if self._is_closing:
            raise ServerOverload(STOPPING)
        work = asyncio.create_task(self._execute(request, session), name=f"tool {request.tool_name}")
        self._running[work] = request.session_id
        work.add_done_callback(self._running.pop)
        try:
            return await work
        except asyncio.CancelledError:
            caller = asyncio.current_task()
            if caller is None or caller.cancelling():
                raise
            if self._is_closing:
                raise ServerOverload(STOPPING) from None
            raise NotFound("session", request.session_id) from None

    async def close(self) -> None:
        """Cancel all calls with everything they started; their end events are stored."""
        self._is_closing = True
        await _end(list(self._running))

    async def close_session(self, session_id: SessionId) -> None:
        """Cancel all calls of a session that is about to be deleted; their end events are stored."""
        await _end([work for work, of_session in self._running.items() if of_session == session_id])

    async def _execute(self, request: ToolExecute, session: Session | None) -> ToolExecuted:
        session = await self._sessions.get_active(request.session_id, session)
        prepared = self._tools.prepare(request.tool_name, request.parameters, strictly=True)
        call_id = CallId(new_id("call"))
        context = DirectContext(self._sessions, self._runtime, self._hub, session, call_id)
        started = ToolStarted(call_id=call_id, tool_name=request.tool_name, parameters=request.parameters)
        lost = ToolFailed(
            call_id=call_id, tool_name=request.tool_name, error=CUT_OFF, code=CallFailure.INTERRUPTED
        )
        await self._lasting.begin(session.id, _key(call_id), started, pending_end=lost)
        meter = _Meter()
        try:
            async with context.workspace.undoable() as context.workspace:
                result = await execute(prepared, context)
                await self._tell(session, request, call_id, result, meter.elapsed_ms)
        except BaseException as failure:
            await run_to_completion(self._tell(session, request, call_id, _failed(failure), meter.elapsed_ms))
            raise
        return ToolExecuted(
            result=outcome(result),
            execution_time=meter.elapsed_ms,
            resource_usage=meter.usage(context.programs),
        )

    async def _tell(
        self,
        session: Session,
        request: ToolExecute,
        call_id: CallId,
        result: ToolResult,
        elapsed_ms: float,
    ) -> None:
        """Store the end of a call, with the files that it changed."""
        completed = ToolCompleted(
            call_id=call_id,
            tool_name=request.tool_name,
            result=outcome(result),
            execution_time=elapsed_ms,
        )
        told: list[Event] = [*(file_event(change) for change in result.changes), completed]
        if not result.success:
            told.append(
                ToolFailed(
                    call_id=call_id,
                    tool_name=request.tool_name,
                    error=result.output[:TOLD_FAILURE_CHARACTERS],
                )
            )
        await self._lasting.end(session.id, _key(call_id), *told)


async def _end(running: Sequence[asyncio.Task[ToolExecuted]]) -> None:
    for work in running:
        work.cancel()
    if running:
        await asyncio.wait(running)


def _key(call_id: CallId) -> str:
    return f"call/{call_id}"


def _failed(failure: BaseException) -> ToolResult:
    return ToolResult(success=False, output=f"{type(failure).__name__}: {failure}")


class _Meter:
    """The duration of one call, and what its programs in the sandbox used.

    The server's own work for a call cannot be measured separately and is not included.
    """

    def __init__(self) -> None:
        self._started = time.perf_counter()

    @property
    def elapsed_ms(self) -> float:
        return round((time.perf_counter() - self._started) * 1000, 1)

    def usage(self, programs: Sequence[Exit]) -> ResourceUsage:
        memory_bytes = max((each.peak_memory_bytes for each in programs), default=0)
        cpu_s = sum(each.cpu_s for each in programs)
        elapsed_s = max(self.elapsed_ms / 1000, 0.001)
        return ResourceUsage(memory=round(memory_bytes / MEBIBYTE, 1), cpu=round(100 * cpu_s / elapsed_s, 1))
