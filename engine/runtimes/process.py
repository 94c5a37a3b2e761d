"""A started program: its pipes, its control group, and killing it with all that it started."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import psutil

from roocode_server.engine.concurrency.shield import run_to_completion
from roocode_server.engine.runtimes.cgroups import ControlGroup
from roocode_server.engine.runtimes.child import End
from roocode_server.engine.runtimes.descendants import descendants_of
from roocode_server.engine.runtimes.descriptor import Descriptor, pipe_from, pipe_to
from roocode_server.engine.runtimes.ports import listeners_of
from roocode_server.engine.runtimes.runtime import SIGNAL_EXIT_BASE
from roocode_server.models.process import ListeningPort

MARK_VARIABLE: Final = "ROOCODE_COMMAND"
"""An environment variable that identifies processes which have left their parents and their session."""
_MARKED: Final = f"{MARK_VARIABLE}=".encode()

_WAIT_FOR_THE_WORD: Final = 'read -r word && exec "$@"'
"""A shell that becomes the program when told to, so that the program never runs outside its group."""

JAIL_PROGRAM: Final = "bwrap"

_END_TIMEOUT_S: Final = 2.0
"""How long the outermost process may take to notice that its child has been killed."""

_STRAGGLER_ROUNDS: Final = 200
_STRAGGLER_PAUSE_S: Final = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """What to start, and how; `descriptors` stay open in it."""

    argv: Sequence[str]
    environment: Mapping[str, str]
    folder: str = "/"
    descriptors: Sequence[int] = ()
    report: int | None = None
    """A descriptor from which, after its end, can be read whether the start succeeded."""
    mark: str | None = None
    """The value of `MARK_VARIABLE` in its environment, if no PID namespace kills all its processes."""
    has_input: bool = False
    """Whether it reads input; otherwise its stdin is empty."""
    terminal: int | None = None
    """The descriptor of a terminal for its input and output."""
    owner: int | None = None
    """The user that it becomes, if not this server's: its streams must belong to that user, because a program
    may reopen them by their names in /dev.
    """


class ChildProcess:
    """A child process with all its descendants, in a control group of its own that ends with it."""

    def __init__(self, launch: Launch, group: ControlGroup) -> None:
        """Start it; it waits for `begin`. Raises: OSError."""
        self.ended = asyncio.Event()
        self.end: End | None = None
        self.launch = launch
        self._group = group
        with ExitStack() as theirs, ExitStack() as ours:
            heard, self._input = pipe_to(theirs, ours)
            stdin = stdout = stderr = launch.terminal
            if launch.terminal is None:
                stdin = heard
                stdout, self._stdout = pipe_from(theirs, ours)
                stderr, self._stderr = pipe_from(theirs, ours)
            for stream in (stdin, stdout, stderr):
                if launch.owner is not None and stream is not None:
                    os.fchown(stream, launch.owner, -1)
            # In this thread, which lasts: a jail dies with the thread that made it.
            self._popen = subprocess.Popen(  # noqa: S603 - running commands is what this is for
                ["/bin/sh", "-c", _awaited(launch, heard), "sh", *launch.argv],
                stdin=stdin,
                stdout=stdout,
                stderr=stderr,
                cwd=launch.folder,
                env=dict(launch.environment),
                pass_fds=[*launch.descriptors, *([] if launch.terminal is None else [heard])],
                start_new_session=True,
            )
            try:
                self._pidfd = os.pidfd_open(self._popen.pid)
            except OSError:
                self._popen.kill()
                self._popen.wait()
                raise
            self._ours = ours.pop_all()
            self._ours.callback(os.close, self._pidfd)
        asyncio.get_running_loop().add_reader(self._pidfd, self._reap)

    async def begin(self) -> tuple[Descriptor, Descriptor]:
        """Let it run in its group; returns its stdout and stderr. Raises: OSError."""
        await self._join_group()
        with contextlib.suppress(BrokenPipeError):
            await self._input.write(b"go\n")
        if not self.launch.has_input:
            self._input.close()
        return self._stdout, self._stderr

    async def begin_in_terminal(self) -> None:
        """Let it run in its group, with its terminal as input and output. Raises: OSError."""
        await self._join_group()
        with contextlib.suppress(BrokenPipeError):
            await self._input.write(b"go\n")
        self._input.close()

    async def write(self, content: bytes) -> None:
        """Write to its stdin. Raises: OSError, if it no longer reads."""
        await self._input.write(content)

    def close_input(self) -> None:
        """Close its stdin."""
        self._input.close()

    def is_out_of_memory(self) -> bool:
        """Return whether the kernel has killed a process of it for lack of memory."""
        return self._group.is_out_of_memory()

    def kill(self) -> None:
        """Kill all its descendants, so that it ends itself and reaps them; if there are none, kill it."""
        below = self._below(recursive=self.launch.mark is not None)
        for process in below:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        if not self.ended.is_set() and (not below or self.launch.mark is not None):
            os.killpg(self._popen.pid, signal.SIGKILL)

    async def terminate(self) -> None:
        """Send SIGTERM to its descendants, but not to the jail itself, which would kill them at once."""
        await asyncio.to_thread(self._terminate)

    async def listeners(self) -> list[ListeningPort]:
        """Return the TCP ports, with their addresses, on which it and its descendants listen."""
        return await asyncio.to_thread(self._listeners, time.monotonic())

    async def end_stragglers(self) -> None:
        """Kill processes that have left its session, until there are none or they cannot be killed."""
        for _ in range(_STRAGGLER_ROUNDS):
            if self.launch.mark is None or not await asyncio.to_thread(self._kill_marked, self.launch.mark):
                return
            await asyncio.sleep(_STRAGGLER_PAUSE_S)

    def roots(self) -> set[int]:
        """Return its process id and the members of its group: all of it descends from these."""
        return self._group.processes() | (set() if self.ended.is_set() else {self._popen.pid})

    def close_pipes(self) -> None:
        """Close its stdout and stderr."""
        if self.launch.terminal is None:
            self._stdout.close()
            self._stderr.close()

    async def close(self) -> None:
        """Kill what is left of it and release all its resources."""
        if not self.ended.is_set():
            self.kill()
            try:
                await asyncio.wait_for(self.ended.wait(), _END_TIMEOUT_S)
            except TimeoutError:
                os.killpg(self._popen.pid, signal.SIGKILL)
                await self.ended.wait()
        await self.end_stragglers()
        self._ours.close()
        self._measure()
        await self._group.remove()

    async def _join_group(self) -> None:
        """In a thread, because the kernel may take tens of milliseconds for it."""
        await run_to_completion(asyncio.to_thread(self._group.add, self._popen.pid))

    def _reap(self) -> None:
        asyncio.get_running_loop().remove_reader(self._pidfd)
        _, status, used = os.wait4(self._popen.pid, 0)
        code = os.waitstatus_to_exitcode(status)
        self._popen.returncode = code
        self.end = End(
            code=code if code >= 0 else SIGNAL_EXIT_BASE - code,
            peak_memory_bytes=used.ru_maxrss * 1024,
            cpu_s=used.ru_utime + used.ru_stime,
        )
        self.ended.set()

    def _measure(self) -> None:
        """Prefer the group's figures to those of the first process, which are less complete."""
        assert self.end is not None  # noqa: S101 - it has ended
        self.end = replace(
            self.end,
            peak_memory_bytes=self._group.peak_memory_bytes() or self.end.peak_memory_bytes,
            cpu_s=self._group.cpu_s() or self.end.cpu_s,
            is_out_of_memory=self._group.is_out_of_memory(),
        )

    def _listeners(self, asked_at: float) -> list[ListeningPort]:
        if self.ended.is_set():
            return []
        own = self._popen.pid
        below = self._group.processes() - {own} or descendants_of(own, asked_at=asked_at)
        return listeners_of([own, *below])

    def _terminate(self) -> None:
        for process in self._all():
            with contextlib.suppress(psutil.NoSuchProcess):
                each = psutil.Process(process)
                if each.name() != JAIL_PROGRAM:
                    each.terminate()

    def _all(self) -> list[int]:
        """Return its process id and those of its descendants."""
        return [] if self.ended.is_set() else [self._popen.pid, *self._below(recursive=True)]

    def _below(self, *, recursive: bool) -> list[int]:
        """Return its descendants: from its group or, without one, from the list of all processes."""
        if self.ended.is_set():
            return []
        grouped = self._group.processes() - {self._popen.pid}
        if grouped:
            return sorted(grouped)
        try:
            below = psutil.Process(self._popen.pid).children(recursive=recursive)
        except psutil.NoSuchProcess:
            return []
        return [process.pid for process in below]

    def _kill_marked(self, mark: str) -> bool:
        """Kill the processes with the mark, and return whether there were any."""
        everything = (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())
        marked = (process for process in everything if mark_of(process) == mark)
        found = {*self._group.processes(), *marked}
        for process in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        return bool(found)


def _awaited(launch: Launch, heard: int) -> str:
    if launch.terminal is not None:
        return f'read -r word </dev/fd/{heard} && exec "$@"'
    return _WAIT_FOR_THE_WORD if launch.has_input else f"{_WAIT_FOR_THE_WORD} </dev/null"


def mark_of(process: int) -> str | None:
    """Return the mark in a process's environment; None if it has none, or this server may not look."""
    try:
        environment = Path(f"/proc/{process}/environ").read_bytes()
    except OSError:
        return None
    variables = environment.split(b"\0")
    return next((each[len(_MARKED) :].decode() for each in variables if each.startswith(_MARKED)), None)
