"""Processes and command lines of a session. Source: S3, "Process Management", "Shell Commands"."""

from __future__ import annotations

from roocode_server.engine.idempotency.receipts import Receipt
from roocode_server.handlers.operation import Handlers, operation
from roocode_server.models.error import Conflict, NotFound, PermissionDenied, ToolExecutionFailed
from roocode_server.models.file import BY_COMMANDS
from roocode_server.models.process import (
    Process,
    ProcessAnswer,
    ProcessEnded,
    Processes,
    ProcessList,
    ProcessLog,
    ProcessLogs,
    ProcessOutput,
    ProcessRef,
    ProcessStart,
    ProcessStarted,
    ProcessStop,
    ShellExec,
    ShellExecuted,
)
from roocode_server.models.quota import Limit
from roocode_server.models.session import Session
from roocode_server.models.user import Caller, Permission


class ProcessHandlers(Handlers, namespace="/processes"):
    """`process.*` and `shell.*`: start, list, read and stop processes; run a command line."""

    @operation(
        "process.start",
        rest="POST /api/v1/sessions/{sessionId}/processes",
        status=201,
        made="/api/v1/sessions/{sessionId}/processes/{process.pid}",
        permission=Permission.TOOL_EXECUTE,
        on="session_id",
        limit=Limit.TOOL_EXECUTION,
        errors=(NotFound, Conflict, PermissionDenied, ToolExecutionFailed),
        emits=(ProcessStarted, ProcessOutput, ProcessEnded, *BY_COMMANDS),
    )
    async def start(
        self, caller: Caller, request: ProcessStart, session: Session, receipt: Receipt
    ) -> ProcessAnswer:
        """Start a process that runs independently of tasks until it ends, is stopped, or the session ends.

        Its output is sent as `process.output` and kept in a file of the workspace.
        """

        def answer(process: Process) -> ProcessAnswer:
            return ProcessAnswer(process=process)

        return answer(await self.engine.processes.start(request, session, on_created=receipt.of(answer)))

    @operation(
        "process.list",
        rest="GET /api/v1/sessions/{sessionId}/processes",
        permission=Permission.TOOL_READ,
        on="session_id",
        errors=(NotFound,),
    )
    async def list(self, caller: Caller, request: ProcessList) -> Processes:
        """List the last hundred processes of a session, including those that have ended, oldest first."""
        return Processes(processes=await self.engine.processes.list(request.session_id))

    @operation(
        "process.get",
        rest="GET /api/v1/sessions/{sessionId}/processes/{pid}",
        permission=Permission.TOOL_READ,
        on="session_id",
        errors=(NotFound,),
    )
    async def get(self, caller: Caller, request: ProcessRef) -> ProcessAnswer:
        """Get a process: whether it is running, and the ports it listens on."""
        return ProcessAnswer(process=await self.engine.processes.get(request.session_id, request.pid))

    @operation(
        "process.logs",
        rest="GET /api/v1/sessions/{sessionId}/processes/{pid}/logs",
        permission=Permission.TOOL_READ,
        on="session_id",
        errors=(NotFound,),
    )
    async def logs(self, caller: Caller, request: ProcessLogs) -> ProcessLog:
        """Get the last lines of a process's output, both streams interleaved."""
        return self.engine.processes.logs(request.session_id, request.pid, lines=request.lines)

    @operation(
        "process.stop",
        rest="POST /api/v1/sessions/{sessionId}/processes/{pid}/stop",
        permission=Permission.TOOL_EXECUTE,
        on="session_id",
        limit=Limit.TOOL_EXECUTION,
        errors=(NotFound, Conflict),
        emits=(ProcessEnded,),
    )
    async def stop(self, caller: Caller, request: ProcessStop) -> ProcessAnswer:
        """Stop a process and everything it started: SIGTERM, then SIGKILL after five seconds.

        If it has ended already, the answer is 409.
        """
        stopped = await self.engine.processes.stop(request.session_id, request.pid, force=request.force)
        return ProcessAnswer(process=stopped)

    @operation(
        "shell.exec",
        rest="POST /api/v1/sessions/{sessionId}/shell",
        permission=Permission.TOOL_EXECUTE,
        on="session_id",
        limit=Limit.TOOL_EXECUTION,
        errors=(NotFound, Conflict, PermissionDenied, ToolExecutionFailed),
        emits=BY_COMMANDS,
        ends_with_caller=True,
    )
    async def execute(self, caller: Caller, request: ShellExec, session: Session) -> ShellExecuted:
        """Run a command line in the session's sandbox and wait for it to end; `tty` gives it a terminal.

        It is ended when the connection that requested it closes. For anything longer, start a process.
        """
        return await self.engine.shell.execute(request, session)
