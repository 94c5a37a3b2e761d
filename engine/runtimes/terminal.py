"""A program of a session behind a terminal: a shell that people type into. Source: pty(7)."""

from __future__ import annotations

import asyncio
import fcntl
import os
import struct
import termios
from dataclasses import replace
from typing import IO, Final

from engine.finishing import finish
from engine.runtimes.cgroups import ControlGroup
from engine.runtimes.guard import guard_disk
from engine.runtimes.process import Launch, Process
from engine.runtimes.runtime import Sandbox

_CHUNK_BYTES: Final = 65_536


class TerminalProgram:
    """A child of ours with a terminal of its own."""

    def __init__(
        self, launch: Launch, group: ControlGroup, sandbox: Sandbox, columns: int, rows: int
    ) -> None:
        """Start it; it waits for `begin`. Raises: OSError."""
        self.finished = asyncio.Event()
        self._group = group
        self._sandbox = sandbox
        self._master, slave = os.openpty()
        try:
            self.resize(columns, rows)
            self._process = Process(replace(launch, terminal=slave), group)
        except OSError:
            os.close(self._master)
            raise
        finally:
            os.close(slave)
        self._transports: list[asyncio.BaseTransport] = []
        self._guard: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        """Let it run. Raises: OSError."""
        loop = asyncio.get_running_loop()
        self._printed = asyncio.StreamReader()
        reading, _ = await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(self._printed), self._opened("rb")
        )
        self._transports.append(reading)
        writing, protocol = await loop.connect_write_pipe(
            lambda: asyncio.StreamReaderProtocol(asyncio.StreamReader()), self._opened("wb")
        )
        self._transports.append(writing)
        self._typed = asyncio.StreamWriter(writing, protocol, None, loop)
        self._guard = asyncio.create_task(guard_disk(self._sandbox, self._process.ended, self.stop))
        self._process.begin_in_terminal()

    async def read(self) -> bytes:
        """The next bytes that it prints; none at its end."""
        try:
            return await self._printed.read(_CHUNK_BYTES)
        except OSError:
            return b""  # nobody holds the other side any more

    async def write(self, content: bytes) -> None:
        """Type. Raises: OSError, once it has ended."""
        self._typed.write(content)
        await self._typed.drain()

    def resize(self, columns: int, rows: int) -> None:
        """Tell it of a new size of the window. Source: tty_ioctl(4)."""
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

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
            for transport in self._transports:
                transport.close()
            os.close(self._master)
            await self._group.remove()
        finally:
            self.finished.set()

    def _opened(self, mode: str) -> IO[bytes]:
        return os.fdopen(os.dup(self._master), mode, buffering=0)
