"""Incoming files, staged until they are complete."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from roocode_server.engine.workspace.file_access import FOLDER_ITSELF_FLAGS
from roocode_server.engine.workspace.staging import staged_folder
from roocode_server.models.error import PayloadTooLarge, WorkspaceLimitExceeded

UPLOAD_NAME: Final = "incoming"
_UPLOAD_FLAGS: Final = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class Incoming:
    """A file on its way into a workspace. `close` deletes it unless it has been moved to its place."""

    def __init__(self, folder: Path, *, max_bytes: int, room_bytes: int) -> None:
        """Raises: OSError, if there is no such workspace."""
        self.size = 0
        self._max_bytes = max_bytes
        self._room_bytes = room_bytes
        self._stack = ExitStack()
        self.path = self._stack.enter_context(staged_folder(folder))
        """The staging directory, for programs that need its path."""
        self.stage = os.open(self.path, FOLDER_ITSELF_FLAGS)
        self._stack.callback(os.close, self.stage)
        self.descriptor = os.open(UPLOAD_NAME, _UPLOAD_FLAGS, 0o600, dir_fd=self.stage)
        self._stack.callback(os.close, self.descriptor)

    def write(self, piece: bytes) -> None:
        """Append bytes. Raises: PayloadTooLarge, WorkspaceLimitExceeded; OSError."""
        self.size += len(piece)
        if self.size > self._max_bytes:
            raise PayloadTooLarge(self._max_bytes)
        if self.size > self._room_bytes:
            raise WorkspaceLimitExceeded("There is no space for this in the workspace; delete files first")
        left = memoryview(piece)
        while left:
            left = left[os.write(self.descriptor, left) :]

    def close(self) -> None:
        """Close the file and delete its staging directory."""
        self._stack.close()
