"""Atomic renaming to a path that must not exist yet. Source: renameat2(2)."""

from __future__ import annotations

import ctypes
import errno
import os
import stat
from typing import Final

_NO_REPLACE: Final = 1
_NOT_OFFERED: Final = (errno.EINVAL, errno.ENOSYS)
"""The errors of file systems and kernels that do not support it."""

_libc = ctypes.CDLL(None, use_errno=True)


def rename_new(name: str, target: str, *, source: int, parent: int) -> None:
    """Move `name` in the open directory `source` to `target` in `parent`; links are not followed.

    If the file system does not support this, a file is linked and unlinked. Raises: OSError, with EEXIST if
    something is already there.
    """
    words = (source, os.fsencode(name), parent, os.fsencode(target))
    if _libc.renameat2(*words, _NO_REPLACE) == 0:
        return
    number = ctypes.get_errno()
    if number not in _NOT_OFFERED or _is_directory(name, source):
        raise OSError(number, os.strerror(number), target)
    os.link(name, target, src_dir_fd=source, dst_dir_fd=parent, follow_symlinks=False)
    os.unlink(name, dir_fd=source)


def _is_directory(name: str, parent: int) -> bool:
    return stat.S_ISDIR(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode)
