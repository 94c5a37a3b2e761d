"""Finding what a directory holds: a little of it here, much of it in a process of its own."""

from __future__ import annotations

import contextlib
import os
import posixpath
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Final, TypeVar

from roocode_server.engine.concurrency.worker import run_in_worker
from roocode_server.engine.workspace.openat2 import open_beneath

FEW: Final = 500
"""So many entries are found in this process, which answers others meanwhile; more in one of its own."""

_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY

Described = TypeVar("Described")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanRequest:
    """What of a directory is wanted; `window` is the part of it that is looked at closely."""

    recursive: bool
    include_hidden: bool
    max_entries: int
    window: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class ScanResult:
    """What there is, by path below the root: directories with the number of their children and the time of
    their change, files with their size and that time; `total` counts what is outside the window, too.
    """

    directories: Sequence[tuple[str, int, float]]
    files: Sequence[tuple[str, int, float]]
    total: int
    is_truncated: bool


class TooMany(Exception):
    """There is more than one should look at here."""


def find_few(root: int, path: str, wanted: ScanRequest) -> ScanResult:
    """What the directory at `path` below the open directory `root` holds. Raises: OSError; TooMany."""
    return Scanner(wanted, most=FEW if wanted.max_entries > FEW else None).look_at(root, path)


async def find_apart(folder: str, path: str, wanted: ScanRequest) -> ScanResult:
    """As `find_few`, however much there is. Raises: OSError; Exhausted."""
    return ScanResult(**await run_in_worker(found_in, folder, path, wanted, owner=folder))


def found_in(folder: str, path: str, wanted: ScanRequest) -> dict[str, object]:
    """What the directory at `path` below `folder` holds. Raises: OSError."""
    with opened(os.open(folder, _FOLDER | os.O_CLOEXEC)) as root:
        return asdict(Scanner(wanted).look_at(root, path))


class Scanner:
    """One search. What vanishes meanwhile, and a link that leads nowhere or outside, is left out.

    Only what is shown is looked at closely: most of a large workspace is no more than its names.
    """

    def __init__(self, wanted: ScanRequest, *, most: int | None = None) -> None:
        self._wanted = wanted
        self._most = most
        self._is_truncated = False
        self._directories: list[str] = []
        self._files: list[str] = []

    def look_at(self, root: int, path: str) -> ScanResult:
        """Raises: OSError; TooMany."""
        with opened(open_beneath(root, path, _FOLDER)) as descriptor:
            pending = self._add_all(root, descriptor, path)
        while pending and self._wanted.recursive and not self._is_truncated:
            place = pending.pop()
            with contextlib.suppress(OSError), opened(open_beneath(root, place, _FOLDER)) as descriptor:
                pending.extend(self._add_all(root, descriptor, place))
        split = len(self._directories)
        window = slice(*self._wanted.window) if self._wanted.window is not None else slice(None)
        start, stop, _ = window.indices(split + len(self._files))
        directories = sorted(self._directories)[start:stop]
        files = sorted(self._files)[max(0, start - split) : max(0, stop - split)]
        return ScanResult(
            list(_described(root, directories, self._directory)),
            list(_described(root, files, _file)),
            split + len(self._files),
            self._is_truncated,
        )

    def _add_all(self, root: int, folder: int, place: str) -> list[str]:
        """Note what a directory holds; the paths of the directories in it that are to be walked."""
        within = []
        for entry in self._shown(folder):
            if len(self._directories) + len(self._files) >= self._wanted.max_entries:
                self._is_truncated = True
                break
            path = posixpath.join(place, entry.name)
            with contextlib.suppress(OSError):
                if self._add(root, path, entry):
                    within.append(path)
        return within

    def _shown(self, folder: int) -> list[os.DirEntry[str]]:
        """Raises: TooMany."""
        found = []
        with os.scandir(folder) as entries:
            for entry in entries:
                if self._is_shown(entry.name):
                    found.append(entry)
                    if self._most is not None and len(found) + self._noted > self._most:
                        raise TooMany
        return sorted(found, key=lambda entry: entry.name)

    @property
    def _noted(self) -> int:
        return len(self._directories) + len(self._files)

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

    def _directory(self, root: int, path: str) -> tuple[str, int, float]:
        with opened(open_beneath(root, path, _FOLDER)) as descriptor:
            children = sum(map(self._is_shown, os.listdir(descriptor)))
            return path, children, os.fstat(descriptor).st_mtime

    def _is_shown(self, name: str) -> bool:
        return self._wanted.include_hidden or not name.startswith(".")


@contextlib.contextmanager
def opened(descriptor: int) -> Iterator[int]:
    """The descriptor, closed after."""
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _described(
    root: int, paths: Sequence[str], describe: Callable[[int, str], Described]
) -> Iterator[Described]:
    for path in paths:
        with contextlib.suppress(OSError):
            yield describe(root, path)


def _file(root: int, path: str) -> tuple[str, int, float]:
    with opened(open_beneath(root, path, os.O_PATH)) as descriptor:
        facts = os.fstat(descriptor)
    return path, facts.st_size, facts.st_mtime
