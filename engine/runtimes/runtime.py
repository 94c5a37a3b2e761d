"""The runtime interface: where a session's commands run. Both kinds give the same and pass the same tests."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from roocode_server.models.error import ToolExecutionFailed
from roocode_server.models.identifier import SessionId
from roocode_server.models.session import ResourceLimits

OutputSink = Callable[[str, str], Awaitable[None]]
"""Called with the stream (`stdout` or `stderr`) and a piece of text as it is printed: a line, a part of one,
or several that came at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A shell command line of a session, run by `sh -c` in the workspace.

    `directory` is a path within the workspace, spelled, `""` for its root.
    """

    line: str
    directory: str = ""
    environment: dict[str, str] = field(default_factory=dict)
    is_lasting: bool = False
    """It may run, and print, without end: for what goes on beside other work, such as a server."""
    only_reads: bool = False
    """It writes nothing, so it runs in a full workspace, too: a program of the server's own. What it prints
    that is no UTF-8 is kept, as lone surrogates (PEP 383): it prints the names of files.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxSpec:
    """What a runtime needs to know of a session."""

    session_id: SessionId
    folder: Path
    """The workspace on the host; commands see it at `mount_path(session_id)`."""
    limits: ResourceLimits
    network: bool
    """Whether it reaches what is outside of this machine."""
    reaches_server: bool = False
    """Whether it shares this machine's network: for a program of the server's own that talks with it."""

    def within(self, timeout_s: float | None) -> SandboxSpec:
        """The same with a shorter time for a command; None or a longer one changes nothing."""
        if timeout_s is None or timeout_s >= self.limits.max_execution_time:
            return self
        return replace(self, limits=replace(self.limits, max_execution_time=math.ceil(timeout_s)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Exit:
    """How a command ended. `code` is 128 + the signal's number where a signal ended it.

    `output` is what it printed on both streams in order, with the middle left out where it is longer than
    the bound; `stopped_by` names the limit that ended it: `time`, `memory`, `output` or `disk`.
    """

    code: int
    output: str
    is_truncated: bool
    stopped_by: str | None
    duration_s: float
    peak_memory_bytes: int
    cpu_s: float
    files_changed: Sequence[str] = ()
    """Files of the workspace that were seen to change while it ran, as they are told one by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StillRunning:
    """A command that nobody waits for any longer: it goes on in the background."""

    output: str
    """What it has printed so far."""
    duration_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxPlace:
    """Where commands run: the runtime's own name for it, and whether it is `running` or `absent` yet."""

    id: str
    status: str


class RuntimeUnavailable(ToolExecutionFailed):
    """Nothing can be run on this machine as it is; the message says what to install or to set."""


class Running(Protocol):
    """A command under way."""

    async def terminate(self) -> None:
        """Ask it, and all that it has started, to end (SIGTERM)."""
        ...

    async def ports(self) -> list[int]:
        """The TCP ports that it, and what it has started, listen on."""
        ...


OnStarted = Callable[[Running], None]


class PseudoTerminal(Protocol):
    """A program behind a terminal: what it prints, and what is typed."""

    async def read(self) -> bytes:
        """The next bytes that it prints; none at its end."""
        ...

    async def write(self, content: bytes) -> None:
        """Type. Raises: OSError, once it has ended."""
        ...

    async def resize(self, columns: int, rows: int) -> None:
        """Tell it of a new size of the window."""
        ...

    async def ended(self) -> int:
        """Its exit code, once it has ended."""
        ...


class InteractiveProgram(Protocol):
    """A program that answers what is written to it."""

    async def read(self) -> bytes:
        """The next bytes that it prints; none at its end."""
        ...

    async def write(self, content: bytes) -> None:
        """Raises: OSError, once it no longer reads."""
        ...

    def complaint(self) -> str:
        """The end of what it has printed on stderr."""
        ...


class Runtime(Protocol):
    """Runs commands. A cancelled `run` has ended the command and everything that it started."""

    @property
    def name(self) -> str:
        """As the configuration calls it."""
        ...

    @property
    def problem(self) -> str | None:
        """Why nothing can be run here, where that is so; for people."""
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

        `on_started` is given a hold on it once it runs. Raises: RuntimeUnavailable, if nothing can be run
        here at all, with what to do about it.
        """
        ...

    def open_terminal(
        self, sandbox: SandboxSpec, command: Command, *, columns: int, rows: int
    ) -> AbstractAsyncContextManager[PseudoTerminal]:
        """A program behind a terminal of its own; all of it ends with the block. Raises: as `run`."""
        ...

    def start(
        self, sandbox: SandboxSpec, command: Command
    ) -> AbstractAsyncContextManager[InteractiveProgram]:
        """A program to talk with, in the session's sandbox; it ends with the block. Raises: as `run`."""
        ...

    def holds(self) -> Mapping[str, str]:
        """What holds each limit, for people: `memory`, `processes`, `cpu`, `time`, `disk`, …"""
        ...

    def reserved(self) -> SessionId | None:
        """The id of a session to come whose place is ready; None, if the next session may have any."""
        ...

    async def recover(self, is_known: Callable[[SessionId], Awaitable[bool]]) -> None:
        """Once, at the start: end and remove what an earlier server has left of sessions that are no more."""
        ...

    async def shut_down(self) -> None:
        """Let go of what is held beyond sessions; all commands have ended."""
        ...

    async def place(self, session_id: SessionId) -> SandboxPlace:
        """Where the commands of a session run now. Raises: RuntimeUnavailable."""
        ...

    async def end(self, session_id: SessionId) -> None:
        """End at once what can be ended as a whole; the session is about to vanish, and `close` follows."""
        ...

    async def close(self, session_id: SessionId) -> None:
        """End every process of a session and give back what the runtime holds for it."""
        ...
