"""Shell commands of callers: run to their end, with or without a terminal. Source: S3, "Shell Commands"."""

from __future__ import annotations

import asyncio
import codecs
import time
from dataclasses import replace
from typing import Final

from roocode_server.engine.runtimes.output import Transcript
from roocode_server.engine.runtimes.runtime import KILLED_EXIT_CODE, Command, Exit, Runtime, SandboxSpec
from roocode_server.engine.sessions.sessions import Sessions
from roocode_server.engine.shell_lines.allowlist import objection
from roocode_server.models.clock import now
from roocode_server.models.error import PermissionDenied
from roocode_server.models.process import ShellExec, ShellExecuted
from roocode_server.models.session import Session, SessionConfig

SHELL_OUTPUT_BYTES: Final = 1_000_000
COLUMNS: Final = 80
ROWS: Final = 24
TERMINAL: Final = {"TERM": "xterm-256color"}


class Shell:
    """Runs command lines of callers."""

    def __init__(self, sessions: Sessions, runtime: Runtime) -> None:
        self._sessions = sessions
        self._runtime = runtime

    async def execute(self, request: ShellExec, session: Session | None = None) -> ShellExecuted:
        """Run a command line to its end.

        Raises: NotFound; Conflict, if the session is not active; PermissionDenied; ToolExecutionFailed.
        """
        session = await self._sessions.get_active(request.session_id, session)
        check_allowed(session.config, request.cmd)
        sandbox = self._sessions.sandbox(session).within(request.timeout)
        command = Command(line=request.cmd, directory=request.cwd)
        started = time.monotonic()
        if request.tty:
            done = await self._in_terminal(sandbox, command)
        else:
            done = await self._runtime.run(sandbox, command)
        return ShellExecuted(
            command=request.cmd,
            output=done.output,
            exit_code=done.code,
            stopped_by=done.stopped_by,
            execution_time=round((time.monotonic() - started) * 1000, 1),
            timestamp=now(),
        )

    async def _in_terminal(self, sandbox: SandboxSpec, command: Command) -> Exit:
        printed, decoder = (
            Transcript(SHELL_OUTPUT_BYTES),
            codecs.getincrementaldecoder("utf-8")(errors="replace"),
        )
        stopped_by, code = None, KILLED_EXIT_CODE
        started = time.monotonic()
        behind = replace(command, environment={**command.environment, **TERMINAL})
        async with self._runtime.open_terminal(sandbox, behind, columns=COLUMNS, rows=ROWS) as terminal:
            try:
                async with asyncio.timeout(sandbox.limits.max_execution_time):
                    while chunk := await terminal.read():
                        printed.add(decoder.decode(chunk))
                    code = await terminal.ended()
            except TimeoutError:
                stopped_by = "time"
        return Exit(
            code=code,
            output=printed.text,
            is_truncated=printed.is_truncated,
            stopped_by=stopped_by,
            duration_s=time.monotonic() - started,
            peak_memory_bytes=0,
            cpu_s=0.0,
        )


def check_allowed(config: SessionConfig, line: str) -> None:
    """Raises: PermissionDenied, naming the first command in the line that is not allowed."""
    refusal = objection(line, config.allowed_commands)
    if refusal is not None:
        raise PermissionDenied(refusal, allowedCommands=list(config.allowed_commands))
