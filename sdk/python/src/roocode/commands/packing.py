"""A local folder as an archive, without what its `.gitignore` files leave out."""

from __future__ import annotations

import os
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from roocode.commands.outcome import CommandFailed


@contextmanager
def packed(folder: Path) -> Iterator[tuple[Path, int]]:
    """Pack a folder into a temporary tar.gz; yield where it is and how many files it has.

    Links are packed as links, whatever they lead to. Raises: CommandFailed, OSError.
    """
    with tempfile.TemporaryDirectory(prefix="roocode-") as place:
        archive = Path(place, "folder.tar.gz")
        with archive.open("wb") as file:
            count = _pack(folder, file)
        yield archive, count


def _pack(folder: Path, file: IO[bytes]) -> int:
    count = 0
    with tarfile.open(fileobj=file, mode="w:gz", compresslevel=6) as tar:
        for name in _kept_names(folder):
            path = folder / name
            if path.is_symlink() or path.is_file():
                tar.add(path, arcname=name, recursive=False, filter=_anonymous)
                count += 1
    return count


def _anonymous(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    """Leave out who owns a file here."""
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    return entry


def _kept_names(folder: Path) -> list[str]:
    """Return the paths of a folder's files that git would keep, whether or not it is a repository."""
    listing = ("ls-files", "--cached", "--others", "--exclude-standard", "-z")
    with tempfile.TemporaryDirectory(prefix="roocode-") as place:
        repository: list[str] = []
        if _git(folder, "rev-parse", "--is-inside-work-tree").returncode:
            _git(folder, "init", "--quiet", "--bare", place)
            repository = [f"--git-dir={place}", f"--work-tree={folder}"]
        done = _git(folder, *repository, *listing)
    if done.returncode:
        raise CommandFailed(f"git cannot list {folder}: {done.stderr.decode(errors='replace').strip()}")
    return sorted(set(filter(None, os.fsdecode(done.stdout).split("\0"))))


def _git(folder: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(  # noqa: S603 - arguments without a shell
            ["git", *arguments],  # noqa: S607 - the user's own git
            cwd=folder,
            capture_output=True,
            check=False,
        )
    except FileNotFoundError as failure:
        raise CommandFailed("git is needed to know what .gitignore leaves out: install it") from failure
