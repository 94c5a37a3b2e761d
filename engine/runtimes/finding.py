"""Finding what a directory holds: with the standard library alone, so that a program for it begins at once.

Run as `python -m engine.runtimes.finding ROOT PATH WANTED`: the descriptor of an open directory, a path below
it, and the rest as JSON. Prints what was found as JSON, or the number of the error.
"""

from __future__ import annotations

import contextlib
import json
import os
import posixpath
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, TypeVar

from engine.runtimes.beneath import open_beneath

FEW: Final = 500
"""So many entries are found in this process, which answers others meanwhile; more in one of its own."""
PATIENCE_S: Final = 60.0

_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY
_NICENESS: Final = 10

Described = TypeVar("Described")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What of a directory is wanted; `window` is the part of it that is looked at closely."""

    recursive: bool
    include_hidden: bool
    max_entries: int
    window: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Found:
    """What there is, by path below the root: directories with the number of their children and the time of
    their change, files with their size and that time; `total` counts what is outside the window, too.
    """

    directories: Sequence[tuple[str, int, float]]
    files: Sequence[tuple[str, int, float]]
    total: int
    is_truncated: bool


class Many(Exception):
    """There is more than one should look at here."""


def find(root: int, path: str, wanted: Wanted) -> Found:
    """What the directory at `path` below `root` holds. Raises: OSError."""
    most = FEW if wanted.max_entries > FEW else None
    try:
        return Finder(wanted, most=most).look_at(root, path)
    except Many:
        return _find_apart(root, path, wanted)


class Finder:
    """One search. What vanishes meanwhile, and a link that leads nowhere or outside, is left out.

    Only what is shown is looked at closely: most of a large workspace is no more than its names.
    """

    def __init__(self, wanted: Wanted, *, most: int | None = None) -> None:
        self._wanted = wanted
        self._most = most
        self._is_truncated = False
        self._directories: list[str] = []
        self._files: list[str] = []

    def look_at(self, root: int, path: str) -> Found:
        """Raises: OSError; Many."""
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
        return Found(
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
        """Raises: Many."""
        found = []
        with os.scandir(folder) as entries:
            for entry in entries:
                if self._is_shown(entry.name):
                    found.append(entry)
                    if self._most is not None and len(found) + self._noted > self._most:
                        raise Many
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


def _find_apart(root: int, path: str, wanted: Wanted) -> Found:
    """As `Finder`, in a process that shares no lock with this one. Raises: OSError."""
    done = subprocess.run(  # noqa: S603 - this very module
        [sys.executable, "-S", "-m", __name__, str(root), path, json.dumps(asdict(wanted))],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        pass_fds=(root,),
        cwd="/",
        env={"PYTHONPATH": str(Path(__file__).parents[2])},
        timeout=PATIENCE_S,
        check=True,
    )
    answer = json.loads(done.stdout)
    if "errno" in answer:
        raise OSError(answer["errno"], os.strerror(answer["errno"]), path)
    return Found(**answer)


def main(root: str, path: str, wanted: str) -> None:
    """Print what was found."""
    os.nice(_NICENESS)
    try:
        answer = asdict(Finder(Wanted(**json.loads(wanted))).look_at(int(root), path))
    except OSError as failure:
        answer = {"errno": failure.errno}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main(*sys.argv[1:])
