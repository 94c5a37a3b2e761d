"""Terminal input that has not been read yet: the program may read late, or never."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Final

from roocode_server.engine.runtimes.runtime import PseudoTerminal
from roocode_server.models.error import Conflict

MOST_UNREAD_INPUT_BYTES: Final = 1_000_000
WRITE_TIMEOUT_S: Final = 0.2
"""How long the caller waits for its input to be written, to learn if the program has ended."""


class Typed:
    """Input on its way to one terminal, in order."""

    def __init__(self) -> None:
        self._waiting: deque[bytes] = deque()
        self._bytes = 0
        self._writing: asyncio.Task[None] | None = None

    async def add(self, terminal: PseudoTerminal, content: bytes) -> None:
        """Queue input after what is already waiting.

        Raises: OSError, if the program has ended; Conflict, if too much input is waiting.
        """
        if self._bytes + len(content) > MOST_UNREAD_INPUT_BYTES:
            raise Conflict("The program in the terminal does not read its input", waitingBytes=self._bytes)
        is_first = self._writing is None or self._writing.done()
        self._waiting.append(content)
        self._bytes += len(content)
        if is_first:
            self._writing = asyncio.create_task(self._write(terminal))
            self._writing.add_done_callback(_heard)
            done, _ = await asyncio.wait({self._writing}, timeout=WRITE_TIMEOUT_S)
            for each in done:
                each.result()

    def close(self) -> None:
        """Discard waiting input."""
        self._waiting.clear()
        if self._writing is not None:
            self._writing.cancel()

    async def _write(self, terminal: PseudoTerminal) -> None:
        while self._waiting:
            await terminal.write(self._waiting[0])
            self._bytes -= len(self._waiting.popleft())


def _heard(writing: asyncio.Task[None]) -> None:
    """Retrieve the exception, so that asyncio does not log it: the next write raises it again."""
    if not writing.cancelled():
        writing.exception()
