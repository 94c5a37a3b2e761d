"""A program of a session in a terminal: a shell that people type into. Source: pty(7)."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import struct
import termios
from dataclasses import replace

from roocode_server.engine.concurrency.shield import run_to_completion
from roocode_server.engine.runtimes.cgroups import ControlGroup
from roocode_server.engine.runtimes.descriptor import Descriptor
from roocode_server.engine.runtimes.guard import guard_disk
from roocode_server.engine.runtimes.process import ChildProcess, Launch
from roocode_server.engine.runtimes.runtime import SandboxSpec


class TerminalProgram:
    """A child process with a terminal of its own; one reader and one writer at a time."""

    def __init__(
        self, launch: Launch, group: ControlGroup, sandbox: SandboxSpec, columns: int, rows: int
    ) -> None:
        """Start it; it waits for `begin`. Raises: OSError."""
        self.finished = asyncio.Event()
        self._sandbox = sandbox
        ours, theirs = os.openpty()
        self._terminal = Descriptor(ours)
        try:
            _resize(ours, columns, rows)
            self.child = ChildProcess(replace(launch, terminal=theirs), group)
        except OSError:
            self._terminal.close()
            raise
        finally:
            os.close(theirs)
        self._guard: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        """Let it run. Raises: OSError."""
        self._guard = asyncio.create_task(guard_disk(self._sandbox, self.child.ended, self.stop))
        await self.child.begin_in_terminal()

    async def read(self) -> bytes:
        """Return the next bytes of output; empty when all processes have closed the terminal."""
        return await self._terminal.read()

    async def write(self, content: bytes) -> None:
        """Type into the terminal. Raises: OSError, if it is closed."""
        await self._terminal.write(content)

    async def resize(self, columns: int, rows: int) -> None:
        """Resize the terminal; ignored if the program has just ended."""
        with contextlib.suppress(BrokenPipeError):
            _resize(self._terminal.number(), columns, rows)

    async def ended(self) -> int:
        """Wait for its end and return its exit code."""
        await self.child.ended.wait()
        assert self.child.end is not None  # noqa: S101 - that is what `ended` says
        return self.child.end.code

    def stop(self) -> None:
        """Kill it and everything that it started."""
        self.child.kill()

    async def close(self) -> None:
        """Kill what is left of it and release all its resources."""
        await run_to_completion(self._close())

    async def _close(self) -> None:
        try:
            await self.child.close()
            if self._guard is not None:
                self._guard.cancel()
                await asyncio.gather(self._guard, return_exceptions=True)
            self._terminal.close()
        finally:
            self.finished.set()


def _resize(terminal: int, columns: int, rows: int) -> None:
    """Set the size of a terminal. Source: tty_ioctl(4)."""
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
