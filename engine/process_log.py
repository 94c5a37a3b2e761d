"""What a process prints: the end of it here, more of it in a file of its workspace. Source: S3, `log`."""

from __future__ import annotations

import os
from typing import Final

from engine.runtimes.workspace import Workspace
from models.identifier import new_id

FOLDER: Final = ".agent_logs"
KEPT_CHARACTERS: Final = 500_000
MOST_BYTES: Final = 5_000_000
"""A file that has become longer begins anew with what is kept here."""


class ProcessLogFile:
    """The log of one process; `path` is within the workspace."""

    def __init__(self, path: str, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor
        self._kept = ""
        self._bytes = 0

    @classmethod
    async def make(cls, workspace: Workspace) -> ProcessLogFile:
        """A new log. Raises: AppError, where the workspace has no place for it."""
        path = f"{FOLDER}/{new_id('process')}.log"
        return cls(path, await workspace.begin(path))

    def write(self, text: str) -> None:
        """Add what was printed."""
        self._kept = (self._kept + text)[-2 * KEPT_CHARACTERS :] if self._is_full(text) else self._kept + text
        content = text.encode(errors="replace")
        self._bytes += len(content)
        if self._bytes > MOST_BYTES:
            content = self._kept[-KEPT_CHARACTERS:].encode(errors="replace")
            self._bytes = len(content)
            os.ftruncate(self._descriptor, 0)
        os.write(self._descriptor, content)

    def tail(self, lines: int) -> str:
        """The last lines."""
        return "".join(self._kept[-KEPT_CHARACTERS:].splitlines(keepends=True)[-lines:])

    def close(self) -> None:
        """Nothing more will be written."""
        self._kept = self._kept[-KEPT_CHARACTERS:]
        os.close(self._descriptor)

    def _is_full(self, text: str) -> bool:
        return len(self._kept) + len(text) > 4 * KEPT_CHARACTERS
