"""Deleted files that still use disk space, because a program has them open or mapped. Source: proc(5).

The kernel reports where such a file was from the program's point of view, which identifies the workspace
without knowing which processes belong to it: one look at all processes serves all sessions. Not seen are
files in transit between two programs through a socket, and files of programs whose `/proc` this server cannot
read (a container of another user, or of an engine on another machine).
"""

from __future__ import annotations

import contextlib
import os
import stat
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from roocode_server.engine.workspace.walk import disk_bytes
from roocode_server.models.identifier import SessionId
from roocode_server.models.session import mount_path

RESULT_LIFETIME_S: Final = 0.5
"""How long the result of one look is shared."""

_GONE: Final = " (deleted)"
_PATH: Final = 5
"""The column of a mapping that names its file."""


@dataclass(frozen=True, slots=True)
class _UnlinkedFile:
    """A regular file that is still held, and its former path in the holder's view."""

    path: str
    device: int
    inode: int
    size: int


class _Looking:
    """The last look at all processes, taken by one thread at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._found: list[_UnlinkedFile] = []
        self._at = -RESULT_LIFETIME_S

    def files(self) -> list[_UnlinkedFile]:
        with self._lock:
            if time.monotonic() - self._at > RESULT_LIFETIME_S:
                self._found = [file for process in _processes() for file in _held_by(process)]
                self._at = time.monotonic()
            return self._found


_looking: Final = _Looking()


def taken_bytes(folder: Path) -> int:
    """Return the disk usage of a workspace including deleted files that are still held; 0 if it does not
    exist.

    It examines all processes of the machine, so call it only from time to time while something runs.
    """
    return disk_bytes(folder) + unlinked_bytes(folder)


def unlinked_bytes(folder: Path) -> int:
    """Return the disk usage of deleted files of a workspace that are still held."""
    try:
        device = folder.stat().st_dev
    except FileNotFoundError:
        return 0
    places = (f"{mount_path(SessionId(folder.name))}/", f"{folder}/")
    sizes: dict[int, int] = {}
    for file in _looking.files():
        if file.device == device and file.path.startswith(places):
            sizes[file.inode] = max(file.size, sizes.get(file.inode, 0))
    return sum(sizes.values())


def _processes() -> Iterator[str]:
    with os.scandir("/proc") as entries:
        for entry in entries:
            if entry.name.isdigit():
                yield entry.path


def _held_by(process: str) -> Iterator[_UnlinkedFile]:
    """Yield the deleted files that one process has open or mapped; none if it cannot be examined."""
    with contextlib.suppress(OSError):
        yield from _opened(process)
    with contextlib.suppress(OSError):
        yield from _mapped(process)


def _opened(process: str) -> Iterator[_UnlinkedFile]:
    with os.scandir(f"{process}/fd") as entries:
        for entry in entries:
            with contextlib.suppress(OSError):
                if (path := os.readlink(entry.path)).endswith(_GONE):
                    yield from _if_gone(path, os.stat(entry.path))


def _mapped(process: str) -> Iterator[_UnlinkedFile]:
    with open(f"{process}/maps", "rb") as maps:
        content = maps.read()
    if _GONE.encode() not in content:  # spares looking at thousands of lines
        return
    for line in os.fsdecode(content).split("\n"):
        if not line.endswith(_GONE):
            continue
        columns = line.split(maxsplit=_PATH)
        try:
            facts = os.stat(f"{process}/map_files/{columns[0]}")
        except OSError:  # only root may look; the mapped part counts
            yield _as_mapped(columns)
        else:
            yield from _if_gone(columns[_PATH], facts)


def _if_gone(path: str, facts: os.stat_result) -> Iterator[_UnlinkedFile]:
    if stat.S_ISREG(facts.st_mode) and facts.st_nlink == 0:
        yield _UnlinkedFile(path, facts.st_dev, facts.st_ino, facts.st_blocks * 512)


def _as_mapped(columns: list[str]) -> _UnlinkedFile:
    first, _, end = columns[0].partition("-")
    major, _, minor = columns[3].partition(":")
    last_byte = int(columns[2], 16) + int(end, 16) - int(first, 16)
    return _UnlinkedFile(
        columns[_PATH], os.makedev(int(major, 16), int(minor, 16)), int(columns[4]), last_byte
    )
