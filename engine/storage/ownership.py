"""One server per data directory: two would give different events the same numbers."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Final

import psutil

LOCK_FILE: Final = "server.lock"


class DirectoryInUse(OSError):
    """Another server uses the data directory; the message names its process."""


class Ownership:
    """The lock on a data directory. The kernel releases it when the process ends, for whatever reason."""

    def __init__(self, data_dir: Path) -> None:
        self._file = os.open(data_dir / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.read(self._file, 32).decode(errors="replace").strip() or "unknown"
            os.close(self._file)
            raise DirectoryInUse(
                f"Another server is using the data directory {data_dir} (process {owner}): stop it first, "
                "or give this one a different directory (--data-dir)"
            ) from None
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)

    async def release(self) -> None:
        """Release the lock."""
        self.give_up()

    def give_up(self) -> None:
        """Release the lock."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def running_server(data_dir: Path) -> int | None:
    """Return the process of the server that uses a data directory, as far as this user can see it."""
    file = data_dir.absolute() / LOCK_FILE
    try:
        process = int(file.read_text())
        opened = [Path(each.path) for each in psutil.Process(process).open_files()]
    except (OSError, ValueError, psutil.Error):
        return None
    return process if file.resolve() in opened else None
