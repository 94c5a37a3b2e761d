"""Walking a directory tree of any depth by descriptor: links are not followed, and paths cannot grow too
long.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from roocode_server.engine.workspace.file_access import FOLDER_ITSELF_FLAGS

_TRIES: Final = 3


class TreeChanged(OSError):
    """A directory was moved while the walk was below it."""


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """An entry of the tree. `parent` is its open directory, valid until the next entry."""

    parent: int
    folders: Sequence[str]
    name: str
    facts: os.stat_result
    is_left: bool
    """Directories are yielded twice: before their content, and after it with this set."""

    @property
    def is_directory(self) -> bool:
        """Whether it is a directory."""
        return stat.S_ISDIR(self.facts.st_mode)


def walk(
    folder: Path | int, *, leave_out: Collection[str] = (), make_writable: bool = False
) -> Iterator[TreeEntry]:
    """Yield everything below `folder`; nothing if it does not exist. What vanishes meanwhile is skipped.

    An open directory can be given by its descriptor, which stays open. Directories named in `leave_out` are
    not entered. A directory that its owner may not read is made readable and, with `make_writable`, every
    directory that is entered is made writable. Raises: TreeChanged.
    """
    try:
        descriptor = _open_top(folder)
    except FileNotFoundError:
        return
    walking = _TreeWalk(descriptor, leave_out=leave_out, make_writable=make_writable)
    try:
        yield from walking.entries()
    finally:
        os.close(walking.descriptor)


def disk_bytes(folder: Path) -> int:
    """Return the tree's disk usage, counting files with several names once; 0 if it does not exist.

    A tree that keeps changing is measured as far as it can be walked.
    """
    largest = 0
    for _ in range(_TRIES):
        counted = _Counted()
        try:
            for entry in walk(folder):
                counted.add(entry)
        except TreeChanged:
            largest = max(largest, counted.total)
        else:
            return counted.total
    return largest


def remove_tree(folder: Path) -> None:
    """Delete the tree, including read-only directories; no error if it does not exist."""
    for entry in walk(folder, make_writable=True):
        with contextlib.suppress(FileNotFoundError):
            if not entry.is_directory:
                os.unlink(entry.name, dir_fd=entry.parent)
            elif entry.is_left:
                os.rmdir(entry.name, dir_fd=entry.parent)
    with contextlib.suppress(FileNotFoundError):
        folder.rmdir()


class _Counted:
    def __init__(self) -> None:
        self.total = 0
        self._linked: set[tuple[int, int]] = set()

    def add(self, entry: TreeEntry) -> None:
        if entry.is_left:
            return
        facts = entry.facts
        if facts.st_nlink > 1 and not entry.is_directory:
            identity = _identity(facts)
            if identity in self._linked:
                return
            self._linked.add(identity)
        self.total += facts.st_blocks * 512


@dataclass(slots=True)
class _Level:
    """A directory on the way to the present one, and the names still to be visited in it."""

    facts: os.stat_result
    names: list[str]


class _TreeWalk:
    """Holds one descriptor, that of the present directory; goes up by `..` and checks where it arrives."""

    def __init__(self, descriptor: int, *, leave_out: Collection[str], make_writable: bool) -> None:
        self.descriptor = descriptor
        self._leave_out = leave_out
        self._make_writable = make_writable
        self._folders: list[str] = []
        self._levels: list[_Level] = []

    def entries(self) -> Iterator[TreeEntry]:
        self._arrive()
        while self._levels:
            names = self._levels[-1].names
            if not names:
                left = self._go_up()
                if left is not None:
                    yield left
                continue
            entry = self._look(names.pop())
            if entry is None:
                continue
            yield entry
            if entry.is_directory and entry.name not in self._leave_out:
                self._go_down(entry.name)

    def _arrive(self) -> None:
        if self._make_writable:
            os.fchmod(self.descriptor, 0o700)
        self._levels.append(_Level(os.fstat(self.descriptor), os.listdir(self.descriptor)))

    def _look(self, name: str) -> TreeEntry | None:
        try:
            facts = os.stat(name, dir_fd=self.descriptor, follow_symlinks=False)
        except FileNotFoundError:
            return None
        return TreeEntry(self.descriptor, self._folders, name, facts, is_left=False)

    def _go_down(self, name: str) -> None:
        try:
            below = _open_directory(self.descriptor, name)
        except OSError as failure:
            if failure.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
                return
            raise
        self._move_to(below)
        self._folders.append(name)
        self._arrive()

    def _go_up(self) -> TreeEntry | None:
        left = self._levels.pop()
        if not self._levels:
            return None
        self._move_to(os.open("..", FOLDER_ITSELF_FLAGS, dir_fd=self.descriptor))
        if _identity(os.fstat(self.descriptor)) != _identity(self._levels[-1].facts):
            raise TreeChanged(errno.ESTALE, "a directory was moved while it was walked")
        return TreeEntry(self.descriptor, self._folders, self._folders.pop(), left.facts, is_left=True)

    def _move_to(self, descriptor: int) -> None:
        os.close(self.descriptor)
        self.descriptor = descriptor


def _open_top(folder: Path | int) -> int:
    if isinstance(folder, int):
        return os.open(".", FOLDER_ITSELF_FLAGS, dir_fd=folder)
    return os.open(folder, FOLDER_ITSELF_FLAGS)


def _open_directory(parent: int, name: str) -> int:
    try:
        return os.open(name, FOLDER_ITSELF_FLAGS, dir_fd=parent)
    except PermissionError:
        found = os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=parent)
    try:
        os.chmod(f"/proc/self/fd/{found}", 0o700)
        return os.open(name, FOLDER_ITSELF_FLAGS, dir_fd=parent)
    finally:
        os.close(found)


def _identity(facts: os.stat_result) -> tuple[int, int]:
    return facts.st_dev, facts.st_ino
