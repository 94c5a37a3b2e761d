"""The files of a workspace as a checkpoint stores them, and the git-fast-import(1) stream that stores
them.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import posixpath
import stat
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from roocode_server.engine.workspace.name_spelling import spelled, unspelled
from roocode_server.engine.workspace.snapshot import VERSION_CONTROL_FOLDERS
from roocode_server.engine.workspace.walk import TreeChanged, walk
from roocode_server.engine.workspace.workspace import Workspace
from roocode_server.models.error import AppError

_TRIES: Final = 5

Facts = tuple[int, int, int, int]
"""Size in bytes, modification time in nanoseconds, inode and mode."""


@dataclass(frozen=True, slots=True)
class StoredContent:
    """A file to be stored."""

    is_executable: bool
    content: bytes


async def look(workspace: Workspace) -> dict[str, Facts]:
    """Return the facts of every regular file by spelled path, leaving out links and version control
    folders.
    """
    for _ in range(_TRIES - 1):
        with contextlib.suppress(TreeChanged):
            return await asyncio.to_thread(_files, workspace)
    return await asyncio.to_thread(_files, workspace)


def _files(workspace: Workspace) -> dict[str, Facts]:
    found: dict[str, Facts] = {}
    for entry in walk(workspace.folder, leave_out=VERSION_CONTROL_FOLDERS):
        facts = entry.facts
        if stat.S_ISREG(facts.st_mode):
            path = spelled(posixpath.join(*entry.folders, entry.name))
            found[path] = (facts.st_size, facts.st_mtime_ns, facts.st_ino, facts.st_mode)
    return found


async def read(workspace: Workspace, path: str, facts: Facts) -> StoredContent | None:
    """Read a file; None if it has vanished or exceeds the size limit for files."""
    try:
        found = await workspace.read(path)
    except AppError:
        return None
    return StoredContent(bool(facts[3] & stat.S_IXUSR), found.content)


async def commit_stream(
    workspace: Workspace,
    branch: str,
    parent: str | None,
    message: str,
    at_s: int,
    files: Mapping[str, Facts],
    new: Sequence[str],
    gone: Sequence[str],
) -> AsyncGenerator[bytes, None]:
    """Yield a commit as a stream for git-fast-import(1): files that are `new`, and those that are gone.

    One file is in memory at a time; those that have vanished, or exceed the size limit, are left out.
    """
    text = message.encode()
    head = f"commit {branch}\ncommitter roocode-server <> {at_s} +0000\ndata {len(text)}\n".encode()
    yield head + text + b"\n"
    if parent is not None:
        yield f"from {parent}\n".encode()
    for path in gone:
        yield b"D %s\n" % _quoted(path)
    for path in new:
        found = await read(workspace, path, files[path])
        if found is None:
            continue
        mode = b"100755" if found.is_executable else b"100644"
        yield b"M %s inline %s\ndata %d\n" % (mode, _quoted(path), len(found.content))
        yield found.content
        yield b"\n"
    yield b"\ndone\n"


def _quoted(path: str) -> bytes:
    escaped = unspelled(path).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return os.fsencode(f'"{escaped}"')


def changed(before: Mapping[str, Facts], after: Mapping[str, Facts]) -> list[str]:
    """Return the paths that are new or whose facts differ, sorted."""
    return sorted(path for path, facts in after.items() if before.get(path) != facts)
