"""Who owns what is in a workspace: whoever owns the workspace, also where this server runs as root.

A server that is root runs commands as somebody without rights; what it writes must be theirs. Any other
server is one user with its commands, and nothing here has an effect.
"""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path
from typing import Final

from roocode_server.engine.workspace.lock import workspace_lock
from roocode_server.engine.workspace.walk import walk

NOBODY_ELSE: Final = 65532
"""The user and group of commands where the server is root: `nonroot`, as images of containers have it."""


def make_private(folder: Path) -> None:
    """Make a folder, and those above it, for this server's user alone. Raises: OSError."""
    for each in (folder.parent, folder):
        each.mkdir(mode=0o700, parents=True, exist_ok=True)


def close_to_others(place: Path) -> None:
    """Take from everybody else what they may do with what is ours, if it is there. Raises: OSError."""
    with contextlib.suppress(FileNotFoundError):
        facts = place.lstat()
        if not stat.S_ISLNK(facts.st_mode) and facts.st_uid == os.geteuid():
            place.chmod(stat.S_IMODE(facts.st_mode) & 0o700)


def sandbox_user() -> int | None:
    """Who runs commands, where that is another than this server; None, where it is not.

    That is so for root, unless it is the only user of a user namespace, who is root in there alone.
    """
    return NOBODY_ELSE if os.geteuid() == 0 and _is_mapped(NOBODY_ELSE) else None


def owner_of(folder: Path) -> tuple[int, int]:
    """The user and the group that a workspace belongs to. Raises: OSError."""
    facts = folder.stat()
    return facts.st_uid, facts.st_gid


def give(descriptor: int, root: int) -> None:
    """Let an open file or directory belong to the owner of the open directory `root`."""
    if os.geteuid() == 0:
        owner = os.fstat(root)
        os.fchown(descriptor, owner.st_uid, owner.st_gid)


def give_tree(folder: int, root: int) -> None:
    """As `give`, with all that is below the open directory `folder`; links as such."""
    if os.geteuid() == 0:
        owner = os.fstat(root)
        _give_below(folder, owner.st_uid, owner.st_gid)
        os.fchown(folder, owner.st_uid, owner.st_gid)


def hand_over(folder: Path, user: int) -> None:
    """Let a workspace belong to `user`, if it does not yet. Cut short, it is begun anew the next time.

    Raises: OSError.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
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
    """Whether this user namespace has such a user. Source: user_namespaces(7)."""
    ranges = [line.split() for line in Path("/proc/self/uid_map").read_text().splitlines()]
    return any(int(first) <= user < int(first) + int(count) for first, _, count in ranges)
