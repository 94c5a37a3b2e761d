"""Directory listings of a workspace."""

from __future__ import annotations

import datetime
import os
import posixpath
import stat
from collections.abc import Sequence
from dataclasses import dataclass

from roocode_server.engine.workspace.name_spelling import spelled
from roocode_server.engine.workspace.scanning import ScanResult
from roocode_server.models.clock import UTC
from roocode_server.models.file import DirectoryEntry, FileEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A directory's content, or a window of it: directories before files, each group sorted by path.

    `total` counts everything; `is_truncated` means that there is more than was examined.
    """

    directories: Sequence[DirectoryEntry]
    files: Sequence[FileEntry]
    total: int
    is_truncated: bool

    @property
    def is_anything(self) -> bool:
        """Whether the directory contains anything at all."""
        return self.total > 0 or self.is_truncated


def listing(found: ScanResult) -> Listing:
    """Convert the result of a scan to its wire form."""
    return Listing(
        directories=[
            DirectoryEntry(
                name=spelled(posixpath.basename(place)),
                path=shown(place),
                type="directory",
                child_count=children,
                modified_at=_moment(changed),
            )
            for place, children, changed in found.directories
        ],
        files=[
            FileEntry(
                name=spelled(posixpath.basename(place)),
                path=shown(place),
                type="file",
                size=size,
                modified_at=_moment(changed),
            )
            for place, size, changed in found.files
        ],
        total=found.total,
        is_truncated=found.is_truncated,
    )


def entry_of(path: str, facts: os.stat_result) -> FileEntry:
    """Describe a file or directory in its wire form."""
    return FileEntry(
        name=spelled(posixpath.basename(path)),
        path=shown(path),
        type="directory" if stat.S_ISDIR(facts.st_mode) else "file",
        size=facts.st_size,
        modified_at=changed_at(facts),
    )


def shown(path: str) -> str:
    """Return a path as absolute within the workspace, and spelled."""
    return spelled(posixpath.normpath("/" + path))


def changed_at(facts: os.stat_result) -> datetime.datetime:
    """Return the modification time."""
    return _moment(facts.st_mtime)


def _moment(seconds: float) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(seconds, UTC)
