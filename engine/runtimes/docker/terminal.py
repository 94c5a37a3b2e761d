"""A program in a terminal inside a session's container."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Final

from roocode_server.engine.concurrency.shield import run_to_completion
from roocode_server.engine.runtimes.docker.child import ContainerChild, Placed
from roocode_server.engine.runtimes.docker.client import EngineRefused
from roocode_server.engine.runtimes.guard import guard_disk
from roocode_server.engine.runtimes.runtime import RuntimeUnavailable

_ECHO: Final = b"\r\n"
"""The echo of the line that starts the program once the terminal has its size."""
_SIZE_TRIES: Final = 50
_SIZE_PAUSE_S: Final = 0.02


class ContainerTerminal:
    """A command line in a terminal."""

    def __init__(self, placed: Placed, columns: int, rows: int) -> None:
        self.finished = asyncio.Event()
        self._sandbox = placed.sandbox
        self.child = ContainerChild(placed, has_terminal=True)
        self._size = (columns, rows)
        self._first = b""
        self._has_begun = False
        self._guard: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        """Start it. Raises: RuntimeUnavailable, Conflict."""
        self._output, _ = await self.child.begin()
        self._guard = asyncio.create_task(guard_disk(self._sandbox, self.child.ended, self.stop))
        await self._give_size()
        with contextlib.suppress(BrokenPipeError):  # the reader will see its end
            await self.child.write(b"\n")

    async def read(self) -> bytes:
        """Return the next bytes of output; empty at its end."""
        while not self._has_begun and (chunk := await self._output.read()):
            self._first += chunk
            if len(self._first) >= len(_ECHO):
                self._has_begun = True
                if self._first != _ECHO:
                    return self._first.removeprefix(_ECHO)
        return await self._output.read()

    async def write(self, content: bytes) -> None:
        """Type into the terminal. Raises: OSError, if the program has ended."""
        await self.child.write(content)

    async def resize(self, columns: int, rows: int) -> None:
        """Resize the terminal; ignored if the program has just ended."""
        with contextlib.suppress(EngineRefused):
            await self.child.resize(columns, rows)

    async def ended(self) -> int:
        """Wait for its end and return its exit code. Raises: RuntimeUnavailable, if that is not known."""
        await self.child.ended.wait()
        if self.child.loss is not None:
            raise self.child.loss
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
        finally:
            self.finished.set()

    async def _give_size(self) -> None:
        """The engine may take a moment until a terminal that it is opening can be resized."""
        for _ in range(_SIZE_TRIES):
            try:
                await self.child.resize(*self._size)
            except EngineRefused:
                await asyncio.sleep(_SIZE_PAUSE_S)
            except RuntimeUnavailable:
                return  # the reader will see its end
            else:
                return
