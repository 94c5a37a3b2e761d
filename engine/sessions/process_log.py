"""What a process prints: the end of it here, more of it in a file of its workspace. Source: S3, `log`."""

from __future__ import annotations

import asyncio
import os
from typing import Final

import structlog

from roocode_server.engine.concurrency.shield import run_to_completion
from roocode_server.engine.runtimes.output import Tail
from roocode_server.engine.workspace.workspace import Workspace
from roocode_server.models.identifier import new_id
from roocode_server.models.lines import last_lines

FOLDER: Final = ".agent_logs"
KEPT_CHARACTERS: Final = 500_000
MOST_BYTES: Final = 5_000_000
"""A file that has become longer begins anew with what is kept here."""

log = structlog.get_logger("processes")


class ProcessLogFile:
    """The log of one process; `path` is within the workspace.

    The file is written by a thread, some time after what it holds was printed: the disk keeps nobody waiting.
    """

    def __init__(self, path: str, descriptor: int) -> None:
        """Takes the descriptor over."""
        self.path = path
        self._descriptor = descriptor
        self._tail = Tail(KEPT_CHARACTERS)
        self._unwritten: list[str] = []
        self._unwritten_characters = 0
        self._bytes = 0
        self._writing: asyncio.Task[None] | None = None

    @classmethod
    async def make(cls, workspace: Workspace) -> ProcessLogFile:
        """A new log. Raises: AppError, where the workspace has no place for it."""
        path = f"{FOLDER}/{new_id('process')}.log"
        return cls(path, await workspace.begin(path))

    def write(self, text: str) -> None:
        """Add what was printed."""
        self._tail.add(text)
        self._unwritten.append(text)
        self._unwritten_characters += len(text)
        if self._unwritten_characters > MOST_BYTES:  # more than the disk takes: the file begins anew
            self._bytes = MOST_BYTES
            self._unwritten = [self._tail.text]
            self._unwritten_characters = len(self._unwritten[0])
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write(), name=f"log {self.path}")

    def tail(self, lines: int) -> str:
        """The last lines."""
        return last_lines(self._tail.text, lines)

    @property
    def kept_characters(self) -> int:
        """How many characters of it are kept here."""
        return self._tail.characters

    async def close(self) -> None:
        """Write what is left; nothing more will be written."""
        await run_to_completion(self._close())

    async def _close(self) -> None:
        if self._writing is not None:
            await self._writing
            self._writing = None
        self._tail.settle()
        descriptor, self._descriptor = self._descriptor, -1
        os.close(descriptor)

    async def _write(self) -> None:
        while self._unwritten:
            texts, self._unwritten, self._unwritten_characters = self._unwritten, [], 0
            try:
                await asyncio.to_thread(self._append, "".join(texts))
            except OSError as failure:  # no room on the disk; what is kept here goes on
                log.warning("the log of a process has a gap", path=self.path, reason=failure.strerror)

    def _append(self, text: str) -> None:
        content = text.encode(errors="replace")
        self._bytes += len(content)
        if self._bytes > MOST_BYTES:
            content = self._tail.text.encode(errors="replace")
            self._bytes = len(content)
            os.ftruncate(self._descriptor, 0)
        os.write(self._descriptor, content)
