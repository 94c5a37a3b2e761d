"""Files without a name that take room still, for a program has them open or mapped. Source: proc(5).

The kernel says where such a file was as the program saw it, so that it is known of which workspace it is
without knowing which processes belong to it: one look serves all sessions. A file that is only on its way
from one program to another, through a socket, is not seen, nor one of a program whose `/proc` is not shown to
this server (a container of another user, or of an engine on another machine).
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

FRESH_S: Final = 0.5
"""For so long all who ask share one look."""

_GONE: Final = " (deleted)"
_PATH: Final = 5
"""The column of a mapping that says what is mapped."""


@dataclass(frozen=True, slots=True)
class _UnlinkedFile:
    """A regular file that is held, and where it was for who holds it."""

    path: str
    device: int
    inode: int
    size: int


class _Looking:
    """The last look at all processes, and one thread at a time that takes another."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._found: list[_UnlinkedFile] = []
        self._at = -FRESH_S

    def files(self) -> list[_UnlinkedFile]:
        with self._lock:
            if time.monotonic() - self._at > FRESH_S:
                self._found = [file for process in _processes() for file in _held_by(process)]
                self._at = time.monotonic()
            return self._found


_looking: Final = _Looking()


def taken_bytes(folder: Path) -> int:
    """What a workspace takes on disk, with what of it has no name any more. 0, if there is no such folder.

    All processes of the machine are looked at: for who looks now and then, while something runs.
    """
    return disk_bytes(folder) + unlinked_bytes(folder)


def unlinked_bytes(folder: Path) -> int:
    """What files take that were in a workspace and are only held any more."""
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
    """What one process has open and mapped; nothing of one that has ended, or is none of our business."""
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
    with open(f"{process}/maps", errors="surrogateescape") as maps:
        for line in maps:
            if not line.rstrip("\n").endswith(_GONE):
                continue
            columns = line.rstrip("\n").split(maxsplit=_PATH)
            try:
                facts = os.stat(f"{process}/map_files/{columns[0]}")
            except OSError:  # root alone may look: then what is mapped of it counts
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
