"""A program of a session to communicate with: it reads input until it is stopped."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Final

from roocode_server.engine.concurrency.shield import run_to_completion
from roocode_server.engine.runtimes.child import Child, Readable
from roocode_server.engine.runtimes.descriptor import PIPE_READ_BYTES
from roocode_server.engine.runtimes.guard import guard_disk
from roocode_server.engine.runtimes.runtime import SandboxSpec

COMPLAINT_BYTES: Final = 4000
"""How much of the end of stderr is kept."""

_INPUT_END_TIMEOUT_S: Final = 1.0
"""How long it may take to end by itself after its input is closed."""


class Program:
    """A child with pipes in both directions."""

    def __init__(self, child: Child, sandbox: SandboxSpec) -> None:
        self.finished = asyncio.Event()
        self._sandbox = sandbox
        self._child = child
        self._complaint = b""
        self._tasks: list[asyncio.Task[None]] = []

    async def begin(self) -> None:
        """Start it. Raises: OSError, RuntimeUnavailable."""
        self._stdout, stderr = await self._child.begin()
        guard = guard_disk(self._sandbox, self._child.ended, self.stop)
        self._tasks = [asyncio.create_task(self._listen(stderr)), asyncio.create_task(guard)]

    async def read(self) -> bytes:
        """Return the next bytes of its stdout; empty at its end."""
        return await self._stdout.read(PIPE_READ_BYTES)

    async def write(self, content: bytes) -> None:
        """Write to its stdin. Raises: OSError, if it no longer reads."""
        await self._child.write(content)

    def complaint(self) -> str:
        """Return the end of its stderr."""
        return self._complaint.decode(errors="replace").strip()

    def stop(self) -> None:
        """Kill it and everything that it started."""
        self._child.kill()

    async def close(self) -> None:
        """Close its stdin, give it a moment to end, and kill what is left."""
        try:
            if self._tasks:
                self._child.close_input()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._child.ended.wait(), _INPUT_END_TIMEOUT_S)
        finally:
            await run_to_completion(self._end())

    async def _end(self) -> None:
        try:
            await self._child.close()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
        finally:
            self.finished.set()

    async def _listen(self, stderr: Readable) -> None:
        while chunk := await stderr.read(PIPE_READ_BYTES):
            self._complaint = (self._complaint + chunk)[-COMPLAINT_BYTES:]
