"""Snapshots of a workspace, for comparison at a later time."""

from __future__ import annotations

import asyncio
import contextlib
import posixpath
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import orjson

from roocode_server.engine.workspace.name_spelling import spelled
from roocode_server.engine.workspace.walk import TreeChanged, walk

VERSION_CONTROL_FOLDERS: Final = frozenset({".git", ".hg", ".svn"})
"""Version control folders are not part of what a task works on."""

_TRIES: Final = 5


@dataclass(frozen=True, slots=True)
class Difference:
    """Workspace paths, sorted."""

    created: list[str]
    modified: list[str]
    deleted: list[str]


class Snapshot:
    """Size, modification time in nanoseconds and inode of every file, by spelled path."""

    def __init__(self, files: dict[str, tuple[int, int, int]]) -> None:
        self._files = files

    @classmethod
    async def take(cls, folder: Path) -> Snapshot:
        """Take a snapshot of every file below `folder`; links are recorded, not followed.

        Raises: TreeChanged, if directories are being moved all the time.
        """
        for _ in range(_TRIES - 1):
            with contextlib.suppress(TreeChanged):
                return await asyncio.to_thread(lambda: cls(dict(_walk(folder))))
        return await asyncio.to_thread(lambda: cls(dict(_walk(folder))))

    @classmethod
    def load(cls, content: bytes) -> Snapshot:
        """Restore a snapshot from what `dump` returned."""
        return cls({path: tuple(facts) for path, facts in orjson.loads(content).items()})

    @property
    def is_empty(self) -> bool:
        """Whether there was no file."""
        return not self._files

    def dump(self) -> bytes:
        """Serialise the snapshot."""
        return orjson.dumps(self._files)

    def relocated(self, inodes: Mapping[int, int]) -> Snapshot:
        """Return the snapshot as that of a copy of the folder, whose files have these inodes instead."""
        return Snapshot(
            {
                path: (size, moment, inodes.get(inode, 0))
                for path, (size, moment, inode) in self._files.items()
            }
        )

    def compare(self, later: Snapshot) -> Difference:
        """Return what is different in `later`."""
        before, after = self._files, later._files
        return Difference(
            created=sorted(after.keys() - before.keys()),
            modified=sorted(path for path in before.keys() & after.keys() if before[path] != after[path]),
            deleted=sorted(before.keys() - after.keys()),
        )


def _walk(folder: Path) -> Iterator[tuple[str, tuple[int, int, int]]]:
    for entry in walk(folder, leave_out=VERSION_CONTROL_FOLDERS):
        facts = entry.facts
        if stat.S_ISREG(facts.st_mode) or stat.S_ISLNK(facts.st_mode):
            path = "/" + posixpath.join(*entry.folders, entry.name)
            yield spelled(path), (facts.st_size, facts.st_mtime_ns, facts.st_ino)
