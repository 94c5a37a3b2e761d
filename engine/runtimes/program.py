"""A program of a session that is talked with: it reads what is written to it until it is ended."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Final

from roocode_server.engine.concurrency.shield import run_to_completion
from roocode_server.engine.runtimes.child import Child, Readable
from roocode_server.engine.runtimes.guard import guard_disk
from roocode_server.engine.runtimes.runtime import SandboxSpec

COMPLAINT_BYTES: Final = 4000
"""How much of stderr is kept: its end."""

_CHUNK_BYTES: Final = 65_536
_INPUT_END_TIMEOUT_S: Final = 1.0
"""How long it has to end by itself once its input is closed."""


class Program:
    """A child with pipes both ways."""

    def __init__(self, child: Child, sandbox: SandboxSpec) -> None:
        self.finished = asyncio.Event()
        self._sandbox = sandbox
        self._child = child
        self._complaint = b""
        self._tasks: list[asyncio.Task[None]] = []

    async def begin(self) -> None:
        """Let it run. Raises: OSError, RuntimeUnavailable."""
        self._stdout, stderr = await self._child.begin()
        guard = guard_disk(self._sandbox, self._child.ended, self.stop)
        self._tasks = [asyncio.create_task(self._listen(stderr)), asyncio.create_task(guard)]

    async def read(self) -> bytes:
        """The next bytes that it prints; none at its end."""
        return await self._stdout.read(_CHUNK_BYTES)

    async def write(self, content: bytes) -> None:
        """Raises: OSError, once it no longer reads."""
        await self._child.write(content)

    def complaint(self) -> str:
        """The end of what it has printed on stderr."""
        return self._complaint.decode(errors="replace").strip()

    def stop(self) -> None:
        """End it and everything that it started."""
        self._child.kill()

    async def close(self) -> None:
        """Close its input, give it a moment to end, and end whatever is left."""
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
        while chunk := await stderr.read(_CHUNK_BYTES):
            self._complaint = (self._complaint + chunk)[-COMPLAINT_BYTES:]
