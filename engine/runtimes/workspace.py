"""A session's files, reached by descriptor so that no path leads out of the workspace."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.file import DirectoryEntry, FileEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class FileBytes:
    """A file's content and what is known of it; `path` is absolute within the workspace."""

    path: str
    content: bytes
    modified_at: datetime.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    directories: Sequence[DirectoryEntry]
    files: Sequence[FileEntry]
    is_truncated: bool


class Workspace:
    """The folder of one session. Every path is the caller's: relative, or absolute within the workspace.

    All methods do their work in a thread and raise: NotFound, for what is not there; InvalidField (`path`),
    for a path with NUL or one that leaves the workspace by `..` or by a link; Conflict, for what is of the
    wrong kind; WorkspaceLimitExceeded.
    """

    def __init__(self, folder: Path, *, max_file_bytes: int) -> None: ...
