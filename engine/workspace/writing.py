"""Writing of files in an open workspace: atomically, and through links that stay inside.

Programs of the session change the workspace at the same time. So no name in it is used twice: a file is
created and filled in the staging area, which is out of their reach, and moved to its place in one step.
"""

from __future__ import annotations

import contextlib
import errno
import os
import posixpath
import secrets
import stat
from typing import Final

from roocode_server.engine.workspace.file_access import FOLDER_FLAGS, PLACE_FLAGS
from roocode_server.engine.workspace.listing import shown
from roocode_server.engine.workspace.openat2 import open_beneath
from roocode_server.engine.workspace.ownership import give
from roocode_server.engine.workspace.renaming import rename_new
from roocode_server.engine.workspace.scanning import opened
from roocode_server.models.error import Conflict, NotFound

_APPENDED_FILE_FLAGS: Final = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_MOST_LINKS: Final = 40


def write(root: int, path: str, content: bytes, stage: int, *, may_create: bool, may_replace: bool) -> int:
    """Write a file and return a descriptor that appends to it. It is filled in the open directory `stage`.

    Raises: NotFound, Conflict, OSError.
    """
    folder, name = resolved(root, path)
    with opened(open_folder(root, folder, make=may_create)) as parent:
        standing = standing_at(parent, name)
        if standing is None and not may_create:
            raise NotFound("file", shown(path))
        if standing is not None and not (may_replace and stat.S_ISREG(standing.st_mode)):
            raise Conflict("Something already exists at this path", path=shown(path))
        staged = secrets.token_hex(16)
        descriptor = os.open(staged, _APPENDED_FILE_FLAGS, 0o600, dir_fd=stage)
        try:
            with open(descriptor, "wb", closefd=False) as file:
                file.write(content)
            os.fchmod(descriptor, stat.S_IMODE(standing.st_mode) & 0o777 if standing else 0o644)
            give(descriptor, root)
            _take_place(staged, name, stage, parent, may_replace=may_replace)
        except BaseException:
            os.close(descriptor)
            with contextlib.suppress(FileNotFoundError):
                os.unlink(staged, dir_fd=stage)
            raise
        return descriptor


def settle(root: int, path: str, stage: int, name: str, *, may_replace: bool) -> None:
    """Move the regular file `name` in the open directory `stage` to its place, like `write`.

    Raises: Conflict, OSError.
    """
    folder, target = resolved(root, path)
    with opened(open_folder(root, folder, make=True)) as parent:
        standing = standing_at(parent, target)
        if standing is not None and not (may_replace and stat.S_ISREG(standing.st_mode)):
            raise Conflict("Something already exists at this path", path=shown(path))
        with opened(os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=stage)) as descriptor:
            os.fchmod(descriptor, stat.S_IMODE(standing.st_mode) & 0o777 if standing else 0o644)
            give(descriptor, root)
        _take_place(name, target, stage, parent, may_replace=may_replace)


def _take_place(name: str, target: str, stage: int, parent: int, *, may_replace: bool) -> None:
    """Move it atomically: readers see the old file or the new one, never a part."""
    if may_replace:
        os.replace(name, target, src_dir_fd=stage, dst_dir_fd=parent)
    else:
        rename_new(name, target, source=stage, parent=parent)


def resolved(root: int, path: str) -> tuple[str, str]:
    """Return the directory and name to which a write goes; links are followed, so that they are kept.

    Raises: Conflict, OSError.
    """
    for _ in range(_MOST_LINKS):
        folder, name = posixpath.split(path)
        if name in ("", ".", ".."):
            raise Conflict("This path ends with a slash, so it can only be a directory", path=shown(path))
        target = _link_target(root, folder, name)
        if target is None:
            return folder, name
        if target.startswith("/"):
            raise OSError(errno.EXDEV, "an absolute link", path)
        path = posixpath.join(folder, target)
    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), path)


def _link_target(root: int, folder: str, name: str) -> str | None:
    """Return the target of a link as written; None if it is not a link."""
    try:
        with opened(open_beneath(root, folder, PLACE_FLAGS)) as parent:
            return os.readlink(name, dir_fd=parent)
    except OSError as failure:
        if failure.errno in (errno.EINVAL, errno.ENOENT):
            return None
        raise


def open_folder(root: int, path: str, *, make: bool) -> int:
    """Open a directory; missing parts of the path are created one by one below the workspace."""
    try:
        return open_beneath(root, path, FOLDER_FLAGS)
    except FileNotFoundError:
        if not make:
            raise
    here = os.dup(root)
    walked = ""
    for part in path.split("/"):
        walked = posixpath.join(walked, part)
        with opened(here):
            is_new = part != ".." and _make(part, here)
            here = open_beneath(root, walked, FOLDER_FLAGS)
        if is_new:
            give(here, root)
    return here


def _make(name: str, parent: int) -> bool:
    """Create a directory; returns whether it did not exist."""
    try:
        os.mkdir(name, 0o755, dir_fd=parent)
    except FileExistsError:
        return False
    return True


def standing_at(parent: int, name: str) -> os.stat_result | None:
    """Return the stat result of a name in an open directory, links not followed; None if there is nothing."""
    try:
        return os.stat(name, dir_fd=parent, follow_symlinks=False)
    except FileNotFoundError:
        return None
