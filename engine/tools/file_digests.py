"""What the files of a workspace contain, as digests; computed in a worker process."""

from __future__ import annotations

import hashlib
import os
import posixpath
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from roocode_server.engine.concurrency.worker import run_in_worker
from roocode_server.engine.tools.ignore_patterns import Patterns
from roocode_server.engine.workspace.name_spelling import spelled, unspelled
from roocode_server.engine.workspace.snapshot import VERSION_CONTROL_FOLDERS
from roocode_server.engine.workspace.walk import TreeEntry, walk
from roocode_server.engine.workspace.workspace import Workspace

DIGESTS_CPU_S: Final = 120
MOST_DIGESTS: Final = 20_000
"""The most files whose digests are kept of one workspace."""
_PIECE_BYTES: Final = 1_048_576


class TooManyFiles(Exception):
    """More than `MOST_DIGESTS` files match the patterns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileDigests:
    """For each pattern, the SHA-256 of the files that match by their spelled paths, and that of the tree."""

    matching: Sequence[Mapping[str, str]]
    tree: str


async def file_digests(workspace: Workspace, patterns: Sequence[str]) -> FileDigests:
    """Return the digests of the files that match each pattern as in `.gitignore`; a link's is that of its
    target's name. What is in folders of version control is left out.

    Raises: Exhausted, if it takes too long; TooManyFiles; OSError, if the workspace cannot be read.
    """
    place = str(workspace.folder)
    found = await run_in_worker(
        digests_in, place, list(patterns), owner=place, cpu_s=DIGESTS_CPU_S, patience_s=600, is_long=True
    )
    if found is None:
        raise TooManyFiles
    return FileDigests(matching=found["matching"], tree=found["tree"])


def digests_in(folder: str, patterns: list[str]) -> dict[str, object] | None:
    """As `file_digests`, below the workspace `folder`; None if too many match. Raises: OSError."""
    wanted = [Patterns([unspelled(pattern)]) for pattern in patterns]
    matching: list[dict[str, str]] = [{} for _ in wanted]
    every: dict[str, str] = {}
    for entry in walk(Path(folder), leave_out=VERSION_CONTROL_FOLDERS):
        digest = _digest(entry)
        if digest is None:
            continue
        path = posixpath.join(*entry.folders, entry.name)
        every[spelled(path)] = digest
        for position, each in enumerate(wanted):
            if each.ignores(path, is_folder=False):
                matching[position][spelled(path)] = digest
    if sum(map(len, matching)) > MOST_DIGESTS:
        return None
    tree = hashlib.sha256()
    for path in sorted(every):
        tree.update(f"{every[path]} {path}\n".encode())
    return {"matching": matching, "tree": tree.hexdigest()}


def _digest(entry: TreeEntry) -> str | None:
    """Return the digest of a file or link; None for what is neither."""
    facts = entry.facts
    if stat.S_ISLNK(facts.st_mode):
        target = os.readlink(entry.name, dir_fd=entry.parent)
        return hashlib.sha256(b"link " + os.fsencode(target)).hexdigest()
    if not stat.S_ISREG(facts.st_mode):
        return None
    try:
        file = os.open(
            entry.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=entry.parent
        )
    except FileNotFoundError:
        return None
    content = hashlib.sha256()
    try:
        while piece := os.read(file, _PIECE_BYTES):
            content.update(piece)
    finally:
        os.close(file)
    return content.hexdigest()
