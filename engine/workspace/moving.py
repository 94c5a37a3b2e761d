"""Moving of files and directories, atomically and without replacing anything by accident."""

from __future__ import annotations

import errno
import os
import posixpath
import stat

from roocode_server.engine.workspace.file_access import FOLDER_FLAGS
from roocode_server.engine.workspace.listing import shown
from roocode_server.engine.workspace.openat2 import open_beneath
from roocode_server.engine.workspace.os_errors import os_errors
from roocode_server.engine.workspace.ownership import give
from roocode_server.engine.workspace.renaming import rename_new
from roocode_server.engine.workspace.scanning import opened
from roocode_server.engine.workspace.writing import open_folder, standing_at
from roocode_server.models.error import Conflict, InvalidField


def move(root: int, path: str, to: str, *, overwrite: bool) -> None:
    """Move what is at `path`; links are not followed. Raises: Conflict; InvalidField; NotFound; OSError."""
    if to.startswith(f"{path}/"):
        raise InvalidField("to", "A directory cannot be moved into itself.")
    folder, name = named(path)
    with opened(open_beneath(root, folder, FOLDER_FLAGS)) as parent:
        os.stat(name, dir_fd=parent, follow_symlinks=False)
        with os_errors(to, "to"):
            place(root, to, parent, name, overwrite=overwrite)


def place(root: int, to: str, source: int, name: str, *, overwrite: bool) -> None:
    """Move `name` in the open directory `source` to the path `to`, creating the directories above it.

    Raises: Conflict, if something is there, unless both are files or links and `overwrite` is set;
    InvalidField;
    OSError.
    """
    folder, target = named(to)
    is_directory = stat.S_ISDIR(os.stat(name, dir_fd=source, follow_symlinks=False).st_mode)
    with opened(open_folder(root, folder, make=True)) as parent:
        standing = standing_at(parent, target)
        if standing is not None and (is_directory or stat.S_ISDIR(standing.st_mode) or not overwrite):
            raise Conflict("Something already exists at this path", path=shown(to))
        if is_directory:
            _move_directory(source, name, parent, target)
        elif overwrite:
            os.replace(name, target, src_dir_fd=source, dst_dir_fd=parent)
        else:
            rename_new(name, target, source=source, parent=parent)


def make_directory(root: int, path: str) -> None:
    """Create a directory, with those above it. Raises: Conflict; OSError."""
    folder, name = named(path)
    with opened(open_folder(root, folder, make=True)) as parent:
        os.mkdir(name, 0o755, dir_fd=parent)
        with opened(open_beneath(root, path, FOLDER_FLAGS)) as made:
            give(made, root)


def named(path: str) -> tuple[str, str]:
    """Split a path into directory and name. Raises: Conflict, if it is the workspace itself."""
    folder, name = posixpath.split(path)
    if name in ("", ".."):
        raise Conflict("This cannot be done with the workspace's root", path=shown(path))
    return folder, name


def _move_directory(source: int, name: str, parent: int, target: str) -> None:
    try:
        os.rename(name, target, src_dir_fd=source, dst_dir_fd=parent)
    except OSError as failure:
        if failure.errno == errno.EINVAL:
            raise InvalidField("to", "A directory cannot be moved into itself.") from failure
        raise
