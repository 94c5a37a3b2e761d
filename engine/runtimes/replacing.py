"""Writing a file within an open workspace: whole or not at all, and through links that stay inside."""

from __future__ import annotations

import contextlib
import errno
import os
import posixpath
import secrets
import stat
from typing import Final

from engine.runtimes.beneath import open_beneath
from engine.runtimes.finding import TEMPORARY, opened
from engine.runtimes.listing import shown
from models.error import Conflict, NotFound

_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY
_NEW_FILE: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_MOST_LINKS: Final = 40


def write(root: int, path: str, content: bytes, *, may_create: bool, may_replace: bool) -> os.stat_result:
    """Put a file in its place; what is known of it then.

    Raises: NotFound, Conflict, OSError.
    """
    folder, name = resolved(root, path)
    with opened(open_folder(root, folder, make=may_create)) as parent:
        standing = standing_at(parent, name)
        if standing is None and not may_create:
            raise NotFound("file", shown(path))
        if standing is not None and not (may_replace and stat.S_ISREG(standing.st_mode)):
            raise Conflict("There is something at this path already", path=shown(path))
        mode = stat.S_IMODE(standing.st_mode) & 0o777 if standing else 0o644
        return _replace(parent, name, content, mode, may_replace=may_replace)


def settle(root: int, path: str, stage: int, name: str, *, may_replace: bool) -> None:
    """Move the regular file `name` of the open directory `stage` to its place, as `write` would write it.

    Raises: Conflict, OSError.
    """
    folder, target = resolved(root, path)
    with opened(open_folder(root, folder, make=True)) as parent:
        standing = standing_at(parent, target)
        if standing is not None and not (may_replace and stat.S_ISREG(standing.st_mode)):
            raise Conflict("There is something at this path already", path=shown(path))
        os.chmod(name, stat.S_IMODE(standing.st_mode) & 0o777 if standing else 0o644, dir_fd=stage)
        if may_replace:
            os.replace(name, target, src_dir_fd=stage, dst_dir_fd=parent)
        else:
            os.link(name, target, src_dir_fd=stage, dst_dir_fd=parent, follow_symlinks=False)


def resolved(root: int, path: str) -> tuple[str, str]:
    """The directory and the name where a write goes: links are followed, so that they stay.

    Raises: Conflict, OSError.
    """
    for _ in range(_MOST_LINKS):
        folder, name = posixpath.split(path)
        if name in ("", ".", ".."):
            raise Conflict("A directory can only stand here, not a file", path=shown(path))
        target = _link_target(root, folder, name)
        if target is None:
            return folder, name
        if target.startswith("/"):
            raise OSError(errno.EXDEV, "an absolute link", path)
        path = posixpath.join(folder, target)
    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), path)


def _link_target(root: int, folder: str, name: str) -> str | None:
    """Where a link leads, as it is written; None, if this is none."""
    try:
        with opened(open_beneath(root, folder, os.O_PATH | os.O_DIRECTORY)) as parent:
            return os.readlink(name, dir_fd=parent)
    except OSError as failure:
        if failure.errno in (errno.EINVAL, errno.ENOENT):
            return None
        raise


def open_folder(root: int, path: str, *, make: bool) -> int:
    """A descriptor of a directory; what is missing of it is made step by step below the workspace."""
    try:
        return open_beneath(root, path, _FOLDER)
    except FileNotFoundError:
        if not make:
            raise
    here = os.dup(root)
    walked = ""
    for part in path.split("/"):
        walked = posixpath.join(walked, part)
        with opened(here):
            if part != "..":
                with contextlib.suppress(FileExistsError):
                    os.mkdir(part, 0o755, dir_fd=here)
            here = open_beneath(root, walked, _FOLDER)
    return here


def standing_at(parent: int, name: str) -> os.stat_result | None:
    """What is known of what has this name in an open directory, links not followed; None if nothing has."""
    try:
        return os.stat(name, dir_fd=parent, follow_symlinks=False)
    except FileNotFoundError:
        return None


def _replace(parent: int, name: str, content: bytes, mode: int, *, may_replace: bool) -> os.stat_result:
    """Write beside, then take the place at once: a reader sees the old content or the new, never a part."""
    temporary = f"{TEMPORARY}{secrets.token_hex(8)}"
    with opened(os.open(temporary, _NEW_FILE, mode, dir_fd=parent)) as descriptor:
        try:
            with open(descriptor, "wb", closefd=False) as file:
                file.write(content)
            os.fchmod(descriptor, mode)
            if may_replace:
                os.replace(temporary, name, src_dir_fd=parent, dst_dir_fd=parent)
            else:
                os.link(temporary, name, src_dir_fd=parent, dst_dir_fd=parent)
                os.unlink(temporary, dir_fd=parent)
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary, dir_fd=parent)
            raise
        return os.fstat(descriptor)
