"""A program of a session behind a terminal: a shell that people type into. Source: pty(7)."""

from __future__ import annotations

import asyncio
import fcntl
import os
import struct
import termios
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from engine.finishing import finish
from engine.runtimes.cgroups import ControlGroup
from engine.runtimes.guard import guard_disk
from engine.runtimes.process import Launch, Process
from engine.runtimes.runtime import Sandbox

_CHUNK_BYTES: Final = 65_536


class TerminalProgram:
    """A child of ours with a terminal of its own; one at a time reads it, and one writes."""

    def __init__(
        self, launch: Launch, group: ControlGroup, sandbox: Sandbox, columns: int, rows: int
    ) -> None:
        """Start it; it waits for `begin`. Raises: OSError."""
        self.finished = asyncio.Event()
        self._sandbox = sandbox
        self._master, slave = os.openpty()
        try:
            os.set_blocking(self._master, False)
            _resize(self._master, columns, rows)
            self._process = Process(replace(launch, terminal=slave), group)
        except OSError:
            os.close(self._master)
            raise
        finally:
            os.close(slave)
        self._guard: asyncio.Task[None] | None = None
        self._waiting: set[asyncio.Future[None]] = set()

    async def begin(self) -> None:
        """Let it run. Raises: OSError."""
        self._guard = asyncio.create_task(guard_disk(self._sandbox, self._process.ended, self.stop))
        await self._process.begin_in_terminal()

    async def read(self) -> bytes:
        """The next bytes that it prints; none at its end, when nobody holds the other side any more."""
        loop = asyncio.get_running_loop()
        while True:
            try:
                return os.read(self._master, _CHUNK_BYTES)
            except BlockingIOError:
                await self._ready(loop.add_reader, loop.remove_reader)
            except OSError:
                return b""

    async def write(self, content: bytes) -> None:
        """Type. Raises: OSError, once it has ended."""
        loop = asyncio.get_running_loop()
        left = memoryview(content)
        while left:
            try:
                left = left[os.write(self._master, left) :]
            except BlockingIOError:
                await self._ready(loop.add_writer, loop.remove_writer)

    async def resize(self, columns: int, rows: int) -> None:
        """Tell it of a new size of the window."""
        _resize(self._master, columns, rows)

    async def ended(self) -> int:
        """Its exit code, once it has ended."""
        await self._process.ended.wait()
        assert self._process.end is not None  # noqa: S101 - that is what `ended` says
        return self._process.end.code

    def stop(self) -> None:
        """End it and everything that it started."""
        self._process.kill()

    async def close(self) -> None:
        """End whatever is left of it and let go of everything."""
        await finish(self._close())

    async def _close(self) -> None:
        try:
            await self._process.close()
            if self._guard is not None:
                self._guard.cancel()
                await asyncio.gather(self._guard, return_exceptions=True)
            master, self._master = self._master, -1
            loop = asyncio.get_running_loop()
            loop.remove_reader(master)
            loop.remove_writer(master)
            os.close(master)
            for each in self._waiting:
                _wake(each)
        finally:
            self.finished.set()

    async def _ready(self, watch: Callable[..., Any], unwatch: Callable[[int], Any]) -> None:
        """Wait until the terminal can be read or written."""
        ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.add(ready)
        watch(self._master, _wake, ready)
        try:
            await ready
        finally:
            self._waiting.discard(ready)
            if self._master >= 0:
                unwatch(self._master)


def _resize(terminal: int, columns: int, rows: int) -> None:
    """Source: tty_ioctl(4)."""
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def _wake(waiting: asyncio.Future[None]) -> None:
    if not waiting.done():
        waiting.set_result(None)
