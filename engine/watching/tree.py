"""The known content of a watched workspace. Its methods are called with the workspace's lock held.

Names are compared with the file system, not with what the kernel says happened: several changes of one name
become one, changes that cancel out become none, and this server's own writes are already known.
"""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import posixpath
import stat
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from roocode_server.engine.sessions.process_log import FOLDER as PROCESS_LOGS
from roocode_server.engine.workspace.file_access import FOLDER_FLAGS, FOLDER_ITSELF_FLAGS, TIMESTAMP_LAG_NS
from roocode_server.engine.workspace.listing import shown
from roocode_server.engine.workspace.openat2 import open_beneath
from roocode_server.engine.workspace.scanning import opened
from roocode_server.engine.workspace.snapshot import VERSION_CONTROL_FOLDERS

MOST_WATCHED_FOLDERS: Final = 8192
"""The most directories of one workspace that are watched."""
MOST_WATCHED_FILES: Final = 200_000
"""The most files of one workspace that are known by name; further directories are not watched."""

Identity = tuple[int, int, int]
"""Inode, size in bytes, and modification time in nanoseconds."""
Known = int | Identity
"""The inode alone, for a file that was only listed."""


@dataclass(slots=True, eq=False)
class WatchedFolder:
    """A directory. Its path follows from its parents, so that it can be moved with everything in it."""

    name: str
    inode: int
    above: WatchedFolder | None
    watch: int | None = None
    listed_ns: int = 0
    files: dict[str, Known] = field(default_factory=dict)
    folders: dict[str, WatchedFolder] = field(default_factory=dict)
    is_listed: bool = False
    """Whether its content is known."""
    is_gone: bool = False
    """Whether it was deleted, or is no longer in the tree."""

    @property
    def path(self) -> str:
        """The path relative to the workspace, `""` for the workspace itself."""
        names = []
        here = self
        while here.above is not None:
            names.append(here.name)
            here = here.above
        return "/".join(reversed(names))


@dataclass(frozen=True, slots=True)
class TreeChange:
    """A difference from what was known; `kind` is `created`, `modified` or `deleted`."""

    kind: str
    folder: WatchedFolder
    name: str
    path: str
    """Absolute within the workspace, and spelled."""
    is_directory: bool = False
    before: Known | None = None
    """The version of the file that was known."""
    identity: Identity | None = None
    """The version of the regular file that is there now."""


class Watching(Protocol):
    """Adds and removes watches."""

    def add(self, folder: WatchedFolder, descriptor: int) -> bool:
        """Watch an open directory; False if that is not possible."""
        ...

    def remove(self, folder: WatchedFolder) -> None:
        """Stop watching it."""
        ...


Forget = Callable[[WatchedFolder, str | None], None]
"""Called for a file that is no longer there or, without a name, for a directory with everything in it."""


class Tree:
    """The watched directories of a workspace, and the names of their files."""

    def __init__(self, place: Path, watching: Watching, forget: Forget) -> None:
        self.root = WatchedFolder("", 0, None)
        self.is_partial = False
        """Whether there is more than is known."""
        self.unwatched: dict[WatchedFolder, None] = {}
        """Known directories that the kernel could not watch, parents first."""
        self._place = place
        self._watching = watching
        self._forget = forget
        self._folders = 0
        self._files = 0

    def look(self) -> None:
        """Read the whole tree and watch its directories, dropping what was known. Raises: OSError."""
        self.close()
        with self._opened_root() as root:
            self.root = WatchedFolder("", os.fstat(root).st_ino, None)
            self._enter(root, self.root, None)

    def close(self) -> None:
        """Stop watching, and drop what is known."""
        self._leave(self.root)

    def compare(self, stirred: Sequence[tuple[tuple[WatchedFolder, str], bool]]) -> list[TreeChange]:
        """Return how these names differ from what was known, in order, and update what is known.

        The content of a new directory is reported one by one, unless the name is marked as moved in as a
        whole.
        """
        changes: list[TreeChange] = []
        with self._opened_root() as root:
            for folder, group in itertools.groupby(stirred, key=lambda each: each[0][0]):
                with contextlib.suppress(OSError), opened(self._open(root, folder)) as parent:
                    for (_, name), is_whole in group:
                        self._see(root, parent, folder, name, changes, is_whole=is_whole)
        return changes

    def compare_unwatched(self) -> list[TreeChange]:
        """As `compare`, for all names in directories that are not watched.

        It also tries again to watch them.
        """
        stirred: list[tuple[tuple[WatchedFolder, str], bool]] = []
        for folder in list(self.unwatched):
            with contextlib.suppress(OSError), self.open(folder) as descriptor:
                if self._watching.add(folder, descriptor):
                    del self.unwatched[folder]
                with os.scandir(descriptor) as entries:
                    names = {*(entry.name for entry in entries), *folder.files, *folder.folders}
                stirred += [((folder, name), False) for name in sorted(names)]
        return self.compare(stirred)

    def accept(self, path: str, facts: os.stat_result | None) -> list[TreeChange]:
        """Learn what is at a path that this server has written, and return other changes found on the way.

        `facts` is the stat result of a file as it was written; otherwise it is looked up.
        """
        changes: list[TreeChange] = []
        if path == ".":
            self.look()
            return changes
        folder = self.root
        *above, name = path.split("/")
        with contextlib.suppress(OSError), self._opened_root() as root:
            for part in above:
                with opened(self._open(root, folder)) as parent:
                    known = folder.folders.get(part)
                    self._see(root, parent, folder, part, changes, is_whole=False)
                below = folder.folders.get(part)
                if below is None or below is not known:
                    return changes
                folder = below
            with opened(self._open(root, folder)) as parent:
                self._see(root, parent, folder, name, changes, is_whole=False, facts=facts)
        return changes

    def folders(self) -> Iterator[WatchedFolder]:
        """Yield the known directories, parents first."""
        waiting = deque([self.root])
        while waiting:
            folder = waiting.popleft()
            if folder.is_listed:
                yield folder
                waiting.extend(list(folder.folders.values()))

    @contextlib.contextmanager
    def open(self, folder: WatchedFolder) -> Iterator[int]:
        """Open a directory of the tree. Raises: OSError, if it is no longer there."""
        with self._opened_root() as root, opened(self._open(root, folder)) as descriptor:
            yield descriptor

    @contextlib.contextmanager
    def _opened_root(self) -> Iterator[int]:
        with opened(os.open(self._place, FOLDER_FLAGS)) as root:
            yield root

    def _open(self, root: int, folder: WatchedFolder) -> int:
        if folder.is_gone or not folder.is_listed:
            raise FileNotFoundError(errno.ENOENT, "not known any more", folder.name)
        descriptor = open_beneath(root, folder.path, FOLDER_ITSELF_FLAGS)
        if os.fstat(descriptor).st_ino == folder.inode:
            return descriptor
        os.close(descriptor)
        raise FileNotFoundError(errno.ENOENT, "another directory by now", folder.name)

    def _see(
        self,
        root: int,
        parent: int,
        folder: WatchedFolder,
        name: str,
        changes: list[TreeChange],
        *,
        is_whole: bool,
        facts: os.stat_result | None = None,
    ) -> None:
        """Compare one name with the file system, and update what is known."""
        if _is_left_out(name):
            return
        facts = facts or _facts(parent, name)
        is_directory = facts is not None and stat.S_ISDIR(facts.st_mode)
        is_file = facts is not None and _is_told(facts.st_mode)
        below, file = folder.folders.get(name), folder.files.get(name)
        if below is not None and not (is_directory and _is_still(below, facts)):
            del folder.folders[name]
            self._leave(below)
            changes.append(_change("deleted", folder, name, is_directory=True))
            below = None
        if file is not None and not is_file:
            self._drop(folder, name)
            changes.append(_change("deleted", folder, name, before=file))
        if facts is None:
            return
        if is_directory and below is None:
            below = folder.folders[name] = WatchedFolder(name, facts.st_ino, folder)
            changes.append(_change("created", folder, name, is_directory=True))
            self._enter(root, below, [] if is_whole else changes)
        elif is_file:
            self._see_file(folder, name, file, facts, changes)

    def _see_file(
        self,
        folder: WatchedFolder,
        name: str,
        file: Known | None,
        facts: os.stat_result,
        changes: list[TreeChange],
    ) -> None:
        if file is None:
            self._files += 1
        elif is_same(file, facts, folder.listed_ns):
            return
        folder.files[name] = identity_of(facts)
        kind = "created" if file is None else "modified"
        changes.append(_change(kind, folder, name, before=file, facts=facts))

    def _enter(self, root: int, top: WatchedFolder, changes: list[TreeChange] | None) -> None:
        """Watch a new directory and everything in it, parents first.

        Without `changes`, files are only listed; with it, they are examined and added as created.
        """
        waiting = deque([top])
        while waiting:
            folder = waiting.popleft()
            try:
                descriptor = open_beneath(root, folder.path, FOLDER_ITSELF_FLAGS)
            except OSError:
                continue  # gone again, or not readable
            with opened(descriptor):
                folder.inode = os.fstat(descriptor).st_ino
                if self._folders >= MOST_WATCHED_FOLDERS or self._files >= MOST_WATCHED_FILES:
                    self.is_partial = True
                    continue
                self._folders += 1
                if not self._watching.add(folder, descriptor):
                    self.unwatched[folder] = None
                self._list(folder, descriptor, changes)
                waiting.extend(folder.folders.values())

    def _list(self, folder: WatchedFolder, descriptor: int, changes: list[TreeChange] | None) -> None:
        """List a directory. It is already watched, so that no change is missed.

        If it could not be watched, its files are examined, so that they can be compared later.
        """
        folder.is_listed = True
        folder.listed_ns = time.time_ns()
        with os.scandir(descriptor) as entries:
            for entry in entries if changes is None else sorted(entries, key=lambda entry: entry.name):
                if entry.name.startswith(".") and _is_left_out(entry.name):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    folder.folders[entry.name] = WatchedFolder(entry.name, entry.inode(), folder)
                    if changes is not None:
                        changes.append(_change("created", folder, entry.name, is_directory=True))
                elif changes is None and folder.watch is not None:
                    if entry.is_file(follow_symlinks=False) or entry.is_symlink():
                        folder.files[entry.name] = entry.inode()
                        self._files += 1
                elif (facts := _facts(descriptor, entry.name)) is not None and _is_told(facts.st_mode):
                    self._see_file(folder, entry.name, None, facts, [] if changes is None else changes)

    def _leave(self, top: WatchedFolder) -> None:
        """Drop a directory and everything in it."""
        waiting = [top]
        while waiting:
            folder = waiting.pop()
            folder.is_gone = True
            if folder.is_listed:
                folder.is_listed = False
                self._folders -= 1
                self._watching.remove(folder)
                self.unwatched.pop(folder, None)
            self._files -= len(folder.files)
            folder.files.clear()
            self._forget(folder, None)
            waiting.extend(folder.folders.values())
            folder.folders.clear()

    def _drop(self, folder: WatchedFolder, name: str) -> None:
        self._forget(folder, name)
        del folder.files[name]
        self._files -= 1


def identity_of(facts: os.stat_result) -> Identity:
    """Return what identifies a version of a file."""
    return facts.st_ino, facts.st_size, facts.st_mtime_ns


def is_same(known: Known, facts: os.stat_result, listed_ns: int) -> bool:
    """Whether a file is unchanged; one that was only listed is, if its change time is older than the
    listing.
    """
    if isinstance(known, int):
        return known == facts.st_ino and facts.st_ctime_ns < listed_ns - TIMESTAMP_LAG_NS
    return known == identity_of(facts)


def _is_still(folder: WatchedFolder, facts: os.stat_result | None) -> bool:
    """Whether this is still the watched directory; inode numbers are reused."""
    return facts is not None and folder.inode == facts.st_ino and not folder.is_gone


def _facts(parent: int, name: str) -> os.stat_result | None:
    try:
        return os.stat(name, dir_fd=parent, follow_symlinks=False)
    except FileNotFoundError:
        return None


def _is_told(mode: int) -> bool:
    return stat.S_ISREG(mode) or stat.S_ISLNK(mode)


def _is_left_out(name: str) -> bool:
    """Version control folders, and the logs of processes."""
    return name in VERSION_CONTROL_FOLDERS or name == PROCESS_LOGS


def _change(
    kind: str,
    folder: WatchedFolder,
    name: str,
    *,
    is_directory: bool = False,
    before: Known | None = None,
    facts: os.stat_result | None = None,
) -> TreeChange:
    is_regular = facts is not None and stat.S_ISREG(facts.st_mode)
    return TreeChange(
        kind=kind,
        folder=folder,
        name=name,
        path=shown(posixpath.join(folder.path, name)),
        is_directory=is_directory,
        before=before,
        identity=identity_of(facts) if facts is not None and is_regular else None,
    )
