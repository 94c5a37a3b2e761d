"""Scanning of directories: small ones in this process, large ones in a worker process."""

from __future__ import annotations

import contextlib
import os
import posixpath
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Final, TypeVar

from roocode_server.engine.concurrency.worker import run_in_worker
from roocode_server.engine.workspace.file_access import FOLDER_FLAGS
from roocode_server.engine.workspace.openat2 import open_beneath

MOST_SCANNED_HERE: Final = 500
"""The most entries scanned in this process, which serves others meanwhile."""


Described = TypeVar("Described")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanRequest:
    """What to scan; only the entries in `window` are examined in detail."""

    recursive: bool
    include_hidden: bool
    max_entries: int
    window: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class ScanResult:
    """The content of a directory, by path relative to the workspace.

    Directories have the number of their children and the modification time, files their size and modification
    time. `total` includes what is outside the window.
    """

    directories: Sequence[tuple[str, int, float]]
    files: Sequence[tuple[str, int, float]]
    total: int
    is_truncated: bool


class TooMany(Exception):
    """There are more entries than may be scanned in this process."""


def find_few(root: int, path: str, wanted: ScanRequest) -> ScanResult:
    """Scan the directory at `path` below the open directory `root`. Raises: OSError; TooMany."""
    return Scanner(
        wanted, most=MOST_SCANNED_HERE if wanted.max_entries > MOST_SCANNED_HERE else None
    ).look_at(root, path)


async def find_apart(folder: str, path: str, wanted: ScanRequest) -> ScanResult:
    """As `find_few`, for any number of entries. Raises: OSError; Exhausted."""
    return ScanResult(**await run_in_worker(found_in, folder, path, wanted, owner=folder))


def found_in(folder: str, path: str, wanted: ScanRequest) -> dict[str, object]:
    """Scan the directory at `path` below `folder`. Raises: OSError."""
    with opened(os.open(folder, FOLDER_FLAGS)) as root:
        return asdict(Scanner(wanted).look_at(root, path))


class Scanner:
    """One scan. Entries that vanish meanwhile, and links that lead nowhere or outside, are left out.

    Only entries in the window are examined in detail: for most of a large workspace, names suffice.
    """

    def __init__(self, wanted: ScanRequest, *, most: int | None = None) -> None:
        self._wanted = wanted
        self._most = most
        self._is_truncated = False
        self._directories: list[str] = []
        self._files: list[str] = []

    def look_at(self, root: int, path: str) -> ScanResult:
        """Scan a directory. Raises: OSError; TooMany."""
        with opened(open_beneath(root, path, FOLDER_FLAGS)) as descriptor:
            pending = self._add_all(root, descriptor, path)
        while pending and self._wanted.recursive and not self._is_truncated:
            place = pending.pop()
            with contextlib.suppress(OSError), opened(open_beneath(root, place, FOLDER_FLAGS)) as descriptor:
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
        """Add the content of a directory; returns the paths of its subdirectories to be scanned."""
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
        """Return the visible entries, sorted by name. Raises: TooMany."""
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
        """Add one entry; returns whether it is a directory to be scanned."""
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
        with opened(open_beneath(root, path, FOLDER_FLAGS)) as descriptor:
            children = sum(map(self._is_shown, os.listdir(descriptor)))
            return path, children, os.fstat(descriptor).st_mtime

    def _is_shown(self, name: str) -> bool:
        return self._wanted.include_hidden or not name.startswith(".")


@contextlib.contextmanager
def opened(descriptor: int) -> Iterator[int]:
    """Yield the descriptor and close it afterwards."""
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
