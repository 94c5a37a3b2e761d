"""The output of a process: its end in memory, more of it in a file of the workspace. Source: S3, `log`."""

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
PROCESS_OUTPUT_CHARACTERS: Final = 500_000
LARGEST_PROCESS_LOG_BYTES: Final = 5_000_000
"""When the file exceeds this size, it is restarted with what is kept in memory."""

log = structlog.get_logger("processes")


class ProcessLogFile:
    """The log of one process; `path` is relative to the workspace.

    The file is written in a thread, some time after the output: nobody waits for the disk.
    """

    def __init__(self, path: str, descriptor: int) -> None:
        """Takes ownership of the descriptor."""
        self.path = path
        self.position = 0
        """How many characters were written in all."""
        self._descriptor = descriptor
        self._tail = Tail(PROCESS_OUTPUT_CHARACTERS)
        self._unwritten: list[str] = []
        self._unwritten_characters = 0
        self._bytes = 0
        self._writing: asyncio.Task[None] | None = None

    @classmethod
    async def make(cls, workspace: Workspace) -> ProcessLogFile:
        """Create a log file. Raises: AppError, if the workspace cannot take one."""
        path = f"{FOLDER}/{new_id('process')}.log"
        return cls(path, await workspace.begin(path))

    def write(self, text: str) -> None:
        """Append output."""
        self.position += len(text)
        self._tail.add(text)
        self._unwritten.append(text)
        self._unwritten_characters += len(text)
        if self._unwritten_characters > LARGEST_PROCESS_LOG_BYTES:  # the disk is too slow: restart the file
            self._bytes = LARGEST_PROCESS_LOG_BYTES
            self._unwritten = [self._tail.text]
            self._unwritten_characters = len(self._unwritten[0])
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write(), name=f"log {self.path}")

    def tail(self, lines: int) -> str:
        """Return the last lines."""
        return last_lines(self._tail.text, lines)

    @property
    def kept_characters(self) -> int:
        """How many characters are kept in memory."""
        return self._tail.characters

    async def close(self) -> None:
        """Write what is left and close the file."""
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
            except OSError as failure:  # the disk is full; the end of the output is still in memory
                log.warning("the log of a process has a gap", path=self.path, reason=failure.strerror)

    def _append(self, text: str) -> None:
        content = text.encode(errors="replace")
        self._bytes += len(content)
        if self._bytes > LARGEST_PROCESS_LOG_BYTES:
            content = self._tail.text.encode(errors="replace")
            self._bytes = len(content)
            os.ftruncate(self._descriptor, 0)
        os.write(self._descriptor, content)
