"""What a directory of a workspace holds."""

from __future__ import annotations

import contextlib
import datetime
import os
import posixpath
import re
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from engine.runtimes.beneath import open_beneath
from models.clock import UTC
from models.file import DirectoryEntry, FileEntry

TEMPORARY: Final = ".roo-"
"""How the files begin that a write makes before it takes the place of the old one."""

_IS_TEMPORARY: Final = re.compile(rf"{re.escape(TEMPORARY)}[0-9a-f]{{16}}")

Entry = TypeVar("Entry", DirectoryEntry, FileEntry)

_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What a directory holds, or a window of it: directories before files, each sorted by path.

    `total` counts all, `is_truncated` says that there is more than was looked at.
    """

    directories: Sequence[DirectoryEntry]
    files: Sequence[FileEntry]
    total: int
    is_truncated: bool

    @property
    def is_anything(self) -> bool:
        """Whether there is anything in it at all."""
        return self.total > 0 or self.is_truncated


class Lister:
    """One listing. What vanishes meanwhile, and a link that leads nowhere or outside, is left out.

    Only what is shown is looked at closely: most of a large workspace is no more than its names.
    """

    def __init__(
        self,
        *,
        recursive: bool,
        include_hidden: bool,
        max_entries: int,
        window: tuple[int, int] | None = None,
    ) -> None:
        self._recursive = recursive
        self._include_hidden = include_hidden
        self._max_entries = max_entries
        self._window = slice(*window) if window is not None else slice(None)
        self._is_truncated = False
        self._directories: list[str] = []
        self._files: list[str] = []

    def look_at(self, root: int, path: str) -> Listing:
        """List the directory at `path` below `root`. Raises: OSError."""
        with opened(open_beneath(root, path, _FOLDER)) as descriptor:
            pending = self._add_all(root, descriptor, path)
        while pending and self._recursive and not self._is_truncated:
            place = pending.pop()
            with contextlib.suppress(OSError), opened(open_beneath(root, place, _FOLDER)) as descriptor:
                pending.extend(self._add_all(root, descriptor, place))
        split = len(self._directories)
        start, stop, _ = self._window.indices(split + len(self._files))
        directories = sorted(self._directories)[start:stop]
        files = sorted(self._files)[max(0, start - split) : max(0, stop - split)]
        return Listing(
            directories=list(_described(root, directories, self._directory)),
            files=list(_described(root, files, _file)),
            total=split + len(self._files),
            is_truncated=self._is_truncated,
        )

    def _add_all(self, root: int, folder: int, place: str) -> list[str]:
        """Note what a directory holds; the paths of the directories in it that are to be walked."""
        within = []
        with os.scandir(folder) as entries:
            found = sorted((entry for entry in entries if self._is_shown(entry.name)), key=_name)
        for entry in found:
            if len(self._directories) + len(self._files) >= self._max_entries:
                self._is_truncated = True
                break
            path = posixpath.join(place, entry.name)
            with contextlib.suppress(OSError):
                if self._add(root, path, entry):
                    within.append(path)
        return within

    def _add(self, root: int, path: str, entry: os.DirEntry[str]) -> bool:
        """Note one entry; whether it is a directory that is to be walked."""
        if entry.is_symlink():
            with opened(open_beneath(root, path, os.O_PATH)) as descriptor:
                mode = os.fstat(descriptor).st_mode
            is_directory, is_file = stat.S_ISDIR(mode), stat.S_ISREG(mode)
        else:
            is_directory = entry.is_dir(follow_symlinks=False)
            is_file = not is_directory and entry.is_file(follow_symlinks=False)
        if is_directory:
            self._directories.append(path)
        elif is_file:
            self._files.append(path)
        return is_directory and not entry.is_symlink()

    def _directory(self, root: int, path: str) -> DirectoryEntry:
        with opened(open_beneath(root, path, _FOLDER)) as descriptor:
            children = sum(map(self._is_shown, os.listdir(descriptor)))
            facts = os.fstat(descriptor)
        return DirectoryEntry(
            name=_text(posixpath.basename(path)),
            path=shown(path),
            type="directory",
            child_count=children,
            modified_at=changed_at(facts),
        )

    def _is_shown(self, name: str) -> bool:
        return not is_temporary(name) and (self._include_hidden or not name.startswith("."))


def _described(root: int, paths: Sequence[str], describe: Callable[[int, str], Entry]) -> Iterator[Entry]:
    for path in paths:
        with contextlib.suppress(OSError):
            yield describe(root, path)


def _name(entry: os.DirEntry[str]) -> str:
    return entry.name


def _file(root: int, path: str) -> FileEntry:
    with opened(open_beneath(root, path, os.O_PATH)) as descriptor:
        return entry_of(path, os.fstat(descriptor))


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
