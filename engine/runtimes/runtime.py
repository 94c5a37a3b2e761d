"""The runtime interface: where a session's commands run.

All kinds behave the same and pass the same tests.
"""

from __future__ import annotations

import math
import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Protocol

from roocode_server.engine.runtimes.output import Transcript
from roocode_server.models.error import ToolExecutionFailed
from roocode_server.models.identifier import SessionId, TaskId
from roocode_server.models.process import ListeningPort
from roocode_server.models.session import ResourceLimits

SIGNAL_EXIT_BASE: Final = 128
"""After a signal, a program's exit code is this and the signal's number."""
KILLED_EXIT_CODE: Final = SIGNAL_EXIT_BASE + signal.SIGKILL

OutputSink = Callable[[str, str], Awaitable[None]]
"""Called with the stream (`stdout` or `stderr`) and a piece of text as it is printed: a line, part of one, or
several that arrived at once. It raises EnoughOutput if the command need not go on.
"""


class EnoughOutput(Exception):
    """Raised by an output sink: the command is stopped and `run` returns how it ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A shell command line of a session, run by `sh -c` in the workspace.

    `directory` is a spelled path relative to the workspace, `""` for its root.
    """

    line: str
    directory: str = ""
    environment: dict[str, str] = field(default_factory=dict)
    is_lasting: bool = False
    """Whether it may run and print without limit, for long-running commands such as a server.

    Of its output nothing is kept: whoever runs it listens.
    """
    only_reads: bool = False
    """Whether it is a program of the server's own that writes nothing, so that it may run in a full
    workspace.

    Its output that is not UTF-8 is kept as lone surrogates (PEP 383), because it prints file names.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxSpec:
    """What a runtime needs to know about a session."""

    session_id: SessionId
    folder: Path
    """The workspace on the host; commands see it at `mount_path(session_id)`."""
    limits: ResourceLimits
    network: bool
    """Whether it reaches what is outside of this machine."""
    reaches_server: bool = False
    """Whether it shares this machine's network: for a program of the server's own that connects to it."""
    task_id: TaskId | None = None
    """The task that commands run for, if they run for one."""

    def within(self, timeout_s: float | None) -> SandboxSpec:
        """Return the same sandbox with a shorter time limit, if `timeout_s` is shorter than its own."""
        if timeout_s is None or timeout_s >= self.limits.max_execution_time:
            return self
        return replace(self, limits=replace(self.limits, max_execution_time=math.ceil(timeout_s)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Exit:
    """How a command ended. After a signal, `code` is 128 + the signal's number.

    `output` has both streams in order, without the middle if it is too long. `stopped_by` is the limit that
    ended it: `time`, `memory`, `output` or `disk`.
    """

    code: int
    output: str
    is_truncated: bool
    stopped_by: str | None
    duration_s: float
    peak_memory_bytes: int
    cpu_s: float
    files_changed: Sequence[str] = ()
    """Files of the workspace that were seen to change while it ran, each of which has an event of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StillRunning:
    """A command that is no longer waited for and goes on in the background."""

    output: str
    """Its output so far."""
    duration_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxPlace:
    """Where commands run: the runtime's own id for it, and its status, such as `running` or `absent`."""

    id: str
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessOwner:
    """What a process runs for."""

    session_id: SessionId
    task_id: TaskId | None


class RuntimeUnavailable(ToolExecutionFailed):
    """Commands cannot be run on this machine as it is; the message says what to install or configure."""


class Running(Protocol):
    """A command in progress."""

    @property
    def transcript(self) -> Transcript:
        """What it has printed so far, as far as it is kept."""
        ...

    async def terminate(self) -> None:
        """Send SIGTERM to it and all that it has started."""
        ...

    async def listeners(self) -> list[ListeningPort]:
        """Return the TCP ports, with their addresses, on which it, and all that it has started, listen."""
        ...


OnStarted = Callable[[Running], None]


class PseudoTerminal(Protocol):
    """A program in a terminal."""

    async def read(self) -> bytes:
        """Return the next bytes of output; empty at its end."""
        ...

    async def write(self, content: bytes) -> None:
        """Type into the terminal. Raises: OSError, if the program has ended."""
        ...

    async def resize(self, columns: int, rows: int) -> None:
        """Resize the terminal."""
        ...

    async def ended(self) -> int:
        """Wait for its end and return its exit code."""
        ...


class InteractiveProgram(Protocol):
    """A program that is communicated with through its stdin and stdout."""

    async def read(self) -> bytes:
        """Return the next bytes of its stdout; empty at its end."""
        ...

    async def write(self, content: bytes) -> None:
        """Write to its stdin. Raises: OSError, if it no longer reads."""
        ...

    def complaint(self) -> str:
        """Return the end of its stderr."""
        ...


class Runtime(Protocol):
    """Runs commands.

    When a cancelled `run` returns, the command and everything that it started have ended.
    """

    @property
    def name(self) -> str:
        """The runtime's name in the configuration."""
        ...

    @property
    def problem(self) -> str | None:
        """Why commands cannot be run, for people; None if they can."""
        ...

    async def run(
        self,
        sandbox: SandboxSpec,
        command: Command,
        *,
        on_output: OutputSink | None = None,
        on_started: OnStarted | None = None,
    ) -> Exit:
        """Run a command to its end, within the sandbox's limits.

        `on_started` is called with a handle once it runs. Raises: RuntimeUnavailable, if commands cannot be
        run here at all, with what to do about it.
        """
        ...

    def open_terminal(
        self, sandbox: SandboxSpec, command: Command, *, columns: int, rows: int
    ) -> AbstractAsyncContextManager[PseudoTerminal]:
        """Start a program in a terminal of its own; all of it ends with the block. Raises: as `run`."""
        ...

    def start(
        self, sandbox: SandboxSpec, command: Command
    ) -> AbstractAsyncContextManager[InteractiveProgram]:
        """Start a program to communicate with, in the sandbox; it ends with the block. Raises: as `run`."""
        ...

    def enforced_limits(self) -> Mapping[str, str]:
        """Return how each limit is enforced, for people: `memory`, `processes`, `cpu`, `time`, `disk`, …"""
        ...

    def take_warm_session(self) -> SessionId | None:
        """Return the id of a future session whose sandbox is ready; None if the next session may have any
        id.
        """
        ...

    async def recover(self, is_known: Callable[[SessionId], Awaitable[bool]]) -> None:
        """At the server's start, clean up what an earlier server has left of sessions that no longer
        exist.
        """
        ...

    async def shut_down(self) -> None:
        """Release what is held beyond sessions, after all commands have ended."""
        ...

    async def place(self, session_id: SessionId) -> SandboxPlace:
        """Return where the commands of a session run now. Raises: RuntimeUnavailable."""
        ...

    async def owners(self, parents: Mapping[int, int]) -> Mapping[int, ProcessOwner]:
        """Return which processes of this machine run for sessions. `parents` has all of them, by pid."""
        ...

    async def end(self, session_id: SessionId) -> None:
        """Kill at once what can be killed as a whole, before the session is deleted; `close` follows."""
        ...

    async def close(self, session_id: SessionId) -> None:
        """Kill every process of a session and release the runtime's resources for it."""
        ...
