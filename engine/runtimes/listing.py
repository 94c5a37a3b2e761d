"""What a directory of a workspace holds."""

from __future__ import annotations

import contextlib
import datetime
import os
import posixpath
import re
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from engine.runtimes.beneath import open_beneath
from models.clock import UTC
from models.file import DirectoryEntry, FileEntry

TEMPORARY: Final = ".roo-"
"""How the files begin that a write makes before it takes the place of the old one."""

_IS_TEMPORARY: Final = re.compile(rf"{re.escape(TEMPORARY)}[0-9a-f]{{16}}")

_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What a directory holds, each sorted by path; `is_truncated` says that there is more."""

    directories: Sequence[DirectoryEntry]
    files: Sequence[FileEntry]
    is_truncated: bool

    @property
    def is_anything(self) -> bool:
        """Whether there is anything in it at all."""
        return bool(self.directories or self.files or self.is_truncated)


class Lister:
    """One listing. What vanishes meanwhile, and a link that leads nowhere or outside, is left out."""

    def __init__(self, *, recursive: bool, include_hidden: bool, max_entries: int) -> None:
        self._recursive = recursive
        self._include_hidden = include_hidden
        self._max_entries = max_entries
        self._is_truncated = False
        self._directories: list[DirectoryEntry] = []
        self._files: list[FileEntry] = []

    def look_at(self, root: int, path: str) -> Listing:
        """List the directory at `path` below `root`. Raises: OSError."""
        with opened(open_beneath(root, path, _FOLDER)) as descriptor:
            pending = self._add_all(root, descriptor, path)
        while pending and self._recursive and not self._is_truncated:
            place = pending.pop()
            with contextlib.suppress(OSError), opened(open_beneath(root, place, _FOLDER)) as descriptor:
                pending.extend(self._add_all(root, descriptor, place))
        return Listing(
            directories=sorted(self._directories, key=lambda entry: entry.path),
            files=sorted(self._files, key=lambda entry: entry.path),
            is_truncated=self._is_truncated,
        )

    def _add_all(self, root: int, folder: int, place: str) -> list[str]:
        """Note what a directory holds; the paths of the directories in it."""
        within = []
        for name in sorted(filter(self._is_shown, os.listdir(folder))):
            if len(self._directories) + len(self._files) >= self._max_entries:
                self._is_truncated = True
                break
            path = posixpath.join(place, name)
            with contextlib.suppress(OSError):
                if self._add(root, folder, path, name):
                    within.append(path)
        return within

    def _add(self, root: int, folder: int, path: str, name: str) -> bool:
        """Note one entry; whether it is a directory that is to be walked."""
        is_link = stat.S_ISLNK(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
        with opened(open_beneath(root, path, os.O_PATH)) as descriptor:
            facts = os.fstat(descriptor)
        if stat.S_ISDIR(facts.st_mode):
            self._directories.append(self._directory(root, path, name))
            return not is_link
        if stat.S_ISREG(facts.st_mode):
            self._files.append(entry_of(path, facts))
        return False

    def _directory(self, root: int, path: str, name: str) -> DirectoryEntry:
        with opened(open_beneath(root, path, _FOLDER)) as descriptor:
            children = sum(map(self._is_shown, os.listdir(descriptor)))
            facts = os.fstat(descriptor)
        return DirectoryEntry(
            name=_text(name),
            path=shown(path),
            type="directory",
            child_count=children,
            modified_at=changed_at(facts),
        )

    def _is_shown(self, name: str) -> bool:
        return not is_temporary(name) and (self._include_hidden or not name.startswith("."))


def is_temporary(name: str) -> bool:
    """Whether a file is one that a write has just made and not yet put in its place."""
    return _IS_TEMPORARY.fullmatch(name) is not None


@contextlib.contextmanager
def opened(descriptor: int) -> Iterator[int]:
    """The descriptor, closed after."""
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def entry_of(path: str, facts: os.stat_result) -> FileEntry:
    """What the wire tells of a file or directory."""
    return FileEntry(
        name=_text(posixpath.basename(path)),
        path=shown(path),
        type="directory" if stat.S_ISDIR(facts.st_mode) else "file",
        size=facts.st_size,
        modified_at=changed_at(facts),
    )


def shown(path: str) -> str:
    """A path as absolute within the workspace."""
    return _text(posixpath.normpath("/" + path))


def changed_at(facts: os.stat_result) -> datetime.datetime:
    """When the content was last changed."""
    return datetime.datetime.fromtimestamp(facts.st_mtime, UTC)


def _text(name: str) -> str:
    """A name that is no UTF-8 is shown with marks in its place; it cannot be opened by what is shown."""
    return name.encode(errors="surrogateescape").decode(errors="replace")
