"""S3's processes and shell. Source: S3, "Process Management", "Shell Commands"."""

from __future__ import annotations

from dataclasses import field
from typing import Final

from roocode_server.handlers.dialects.crogia.answers import (
    CrogiaDone,
    CrogiaOutput,
    CrogiaProcess,
    CrogiaProcessLogs,
)
from roocode_server.handlers.dialects.crogia.endpoint import Asking, endpoint
from roocode_server.handlers.dialects.crogia.sessions import OneSession
from roocode_server.models.shape import PlainShape, limited, value


@value
class OneProcess(PlainShape):
    """A process of a session, by its number."""

    session_id: str
    pid: int


@value
class Logs(PlainShape):
    """The process whose output is wanted, and how many lines of it."""

    session_id: str
    pid: int
    lines: int = field(default=50, metadata=limited(least=1, most=10_000))


@value
class ShellCommand(PlainShape):
    """A command line to run."""

    session_id: str
    cmd: str = field(metadata=limited(shortest=1, longest=100_000))
    tty: bool = False


@endpoint("GET /api/sessions/{session_id}/processes", "process.list")
async def list_processes(asking: Asking, request: OneSession) -> list[CrogiaProcess]:
    """List all processes running in a session."""
    found = await asking.ask("process.list", sessionId=request.session_id)
    return [
        CrogiaProcess(
            pid=process["pid"],
            cmd=process["command"],
            status=process["status"],
            log=process["log"],
            started=process["startedAt"],
        )
        for process in found["processes"]
        if process["status"] == "running"
    ]


@endpoint("POST /api/sessions/{session_id}/processes/{pid}/stop", "process.stop")
async def stop_process(asking: Asking, request: OneProcess) -> CrogiaDone:
    """Stop a specific process in a session."""
    await asking.ask("process.stop", sessionId=request.session_id, pid=request.pid)
    return CrogiaDone(message=f"Sent SIGTERM to process {request.pid}")


@endpoint("GET /api/sessions/{session_id}/processes/{pid}/logs", "process.logs")
async def get_logs(asking: Asking, request: Logs) -> CrogiaProcessLogs:
    """Get logs for a specific process."""
    found = await asking.ask(
        "process.logs", sessionId=request.session_id, pid=request.pid, lines=request.lines
    )
    return CrogiaProcessLogs(logs=found["logs"], pid=request.pid)


@endpoint("POST /api/sessions/{session_id}/shell", "shell.exec")
async def execute(asking: Asking, request: ShellCommand) -> CrogiaOutput:
    """Execute a shell command in the session container."""
    done = await asking.ask("shell.exec", sessionId=request.session_id, cmd=request.cmd, tty=request.tty)
    return CrogiaOutput(command=request.cmd, output=done["output"], timestamp=done["timestamp"])


PROCESS_ENDPOINTS: Final = (list_processes, stop_process, get_logs, execute)
