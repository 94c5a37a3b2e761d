"""Ownership of a workspace's files: they belong to the owner of the workspace, even if the server runs as
root.

A server that runs as root runs commands as an unprivileged user, who must own what the server writes. Any
other server has the same user as its commands, and these functions do nothing.
"""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path
from typing import Final

from roocode_server.engine.workspace.file_access import FOLDER_ITSELF_FLAGS
from roocode_server.engine.workspace.lock import workspace_lock
from roocode_server.engine.workspace.walk import walk

NOBODY_ELSE: Final = 65532
"""The user and group of commands if the server runs as root: `nonroot`, as in container images."""


def make_private(folder: Path) -> None:
    """Create a folder, and those above it, with access for this server's user only. Raises: OSError."""
    for each in (folder.parent, folder):
        each.mkdir(mode=0o700, parents=True, exist_ok=True)


def close_to_others(place: Path) -> None:
    """Remove other users' permissions from a path, if it exists and is ours. Raises: OSError."""
    with contextlib.suppress(FileNotFoundError):
        facts = place.lstat()
        if not stat.S_ISLNK(facts.st_mode) and facts.st_uid == os.geteuid():
            place.chmod(stat.S_IMODE(facts.st_mode) & 0o700)


def sandbox_user() -> int | None:
    """Return the user who runs commands, if that is not this server's user; otherwise None.

    That is the case for root, unless it is the only user of a user namespace and is root inside it only.
    """
    return NOBODY_ELSE if os.geteuid() == 0 and _is_mapped(NOBODY_ELSE) else None


def owner_of(folder: Path) -> tuple[int, int]:
    """Return the user id and group id of a workspace's owner. Raises: OSError."""
    facts = folder.stat()
    return facts.st_uid, facts.st_gid


def give(descriptor: int, root: int) -> None:
    """Give an open file or directory to the owner of the open directory `root`."""
    if os.geteuid() == 0:
        owner = os.fstat(root)
        os.fchown(descriptor, owner.st_uid, owner.st_gid)


def give_tree(folder: int, root: int) -> None:
    """As `give`, with everything below the open directory `folder`; links are not followed."""
    if os.geteuid() == 0:
        owner = os.fstat(root)
        _give_below(folder, owner.st_uid, owner.st_gid)
        os.fchown(folder, owner.st_uid, owner.st_gid)


def hand_over(folder: Path, user: int) -> None:
    """Give a workspace to `user`, if it is not theirs. If interrupted, it starts again the next time.

    Raises: OSError.
    """
    descriptor = os.open(folder, FOLDER_ITSELF_FLAGS)
    try:
        with workspace_lock(folder):
            if os.fstat(descriptor).st_uid != user:
                _give_below(descriptor, user, user)
                os.fchown(descriptor, user, user)
    finally:
        os.close(descriptor)


def _give_below(folder: int, user: int, group: int) -> None:
    for entry in walk(folder):
        if not entry.is_left:
            with contextlib.suppress(FileNotFoundError):
                os.chown(entry.name, user, group, dir_fd=entry.parent, follow_symlinks=False)


def _is_mapped(user: int) -> bool:
    """Return whether this user namespace has such a user. Source: user_namespaces(7)."""
    ranges = [line.split() for line in Path("/proc/self/uid_map").read_text().splitlines()]
    return any(int(first) <= user < int(first) + int(count) for first, _, count in ranges)
