"""Processes and command lines of a session. Source: S3, "Process Management", "Shell Commands"."""

from __future__ import annotations

from roocode_server.handlers.operation import Handlers, operation
from roocode_server.models.error import Conflict, NotFound, PermissionDenied, ToolExecutionFailed
from roocode_server.models.file import BY_COMMANDS
from roocode_server.models.process import (
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
    async def start(self, caller: Caller, request: ProcessStart) -> ProcessAnswer:
        """Start a process that runs beside the tasks until it ends, is stopped, or the session ends.

        What it prints is told as `process.output` and kept in a file of the workspace.
        """
        return ProcessAnswer(process=await self.engine.processes.start(request))

    @operation(
        "process.list",
        rest="GET /api/v1/sessions/{sessionId}/processes",
        permission=Permission.TOOL_READ,
        on="session_id",
        errors=(NotFound,),
    )
    async def list(self, caller: Caller, request: ProcessList) -> Processes:
        """List a session's processes, oldest first; the last hundred, those that have ended included."""
        return Processes(processes=await self.engine.processes.list(request.session_id))

    @operation(
        "process.get",
        rest="GET /api/v1/sessions/{sessionId}/processes/{pid}",
        permission=Permission.TOOL_READ,
        on="session_id",
        errors=(NotFound,),
    )
    async def get(self, caller: Caller, request: ProcessRef) -> ProcessAnswer:
        """Get a process: whether it runs, and the ports that it listens on."""
        return ProcessAnswer(process=await self.engine.processes.get(request.session_id, request.pid))

    @operation(
        "process.logs",
        rest="GET /api/v1/sessions/{sessionId}/processes/{pid}/logs",
        permission=Permission.TOOL_READ,
        on="session_id",
        errors=(NotFound,),
    )
    async def logs(self, caller: Caller, request: ProcessLogs) -> ProcessLog:
        """Get the last lines that a process has printed, on both streams in order."""
        logs = self.engine.processes.logs(request.session_id, request.pid, lines=request.lines)
        return ProcessLog(pid=request.pid, logs=logs)

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
        """Stop a process and all that it has started: SIGTERM, and SIGKILL after five seconds.

        One that has ended answers 409.
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
    async def execute(self, caller: Caller, request: ShellExec) -> ShellExecuted:
        """Run a command line in the session's sandbox and wait for its end; `tty` gives it a terminal.

        It ends with the connection that asked for it. What shall go on is a process.
        """
        return await self.engine.shell.execute(request)
