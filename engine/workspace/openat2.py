"""Opening of paths that cannot leave a folder, enforced by the kernel. Source: openat2(2)."""

from __future__ import annotations

import ctypes
import errno
import os
from typing import Final

_RESOLVE_NO_MAGICLINKS: Final = 0x02
_RESOLVE_BENEATH: Final = 0x08
_OPENAT2: Final = 437
_TRIES: Final = 64
_NOT_OFFERED: Final = (errno.ENOSYS, errno.EPERM)
"""The errors of a kernel without openat2, and of a container that filters it."""

_libc = ctypes.CDLL(None, use_errno=True)


class _OpenHow(ctypes.Structure):
    _fields_ = [("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64)]


def open_beneath(folder: int, path: str, flags: int) -> int:
    """Open `path` below the directory `folder`; neither `..` nor a link can lead out of it.

    Without openat2, links on the way are refused altogether. Raises: OSError, with EXDEV if the path would
    leave the folder, ELOOP for a loop of links or a refused link.
    """
    if _is_offered:
        return _open_by_kernel(folder, path, flags)
    return open_by_steps(folder, path, flags)


def open_by_steps(folder: int, path: str, flags: int) -> int:
    """As `open_beneath`, component by component and without following links."""
    opened = [os.dup(folder)]
    *way, last = [part for part in path.split("/") if part not in ("", ".")] or ["."]
    try:
        for part in way if last != ".." else [*way, last]:
            _step(opened, part)
        name = "." if last == ".." else last
        return os.open(name, flags | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=opened[-1])
    finally:
        for descriptor in opened:
            os.close(descriptor)


def _step(opened: list[int], part: str) -> None:
    """Enter a directory; `..` returns to the previous one."""
    if part != "..":
        flags = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
        opened.append(os.open(part, flags, dir_fd=opened[-1]))
    elif len(opened) > 1:
        os.close(opened.pop())
    else:
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV), part)


def _open_by_kernel(folder: int, path: str, flags: int) -> int:
    for _ in range(_TRIES):
        descriptor, number = _openat2(folder, path, flags)
        if descriptor >= 0:
            return descriptor
        # EAGAIN: something was renamed while `..` was resolved, so the kernel cannot vouch for the path.
        if number not in (errno.EAGAIN, errno.EINTR):
            raise OSError(number, os.strerror(number), path)
    raise OSError(errno.EXDEV, "the path keeps changing", path)


def _openat2(folder: int, path: str, flags: int) -> tuple[int, int]:
    """Return a descriptor, or a negative number, and the error number."""
    how = _OpenHow(flags | os.O_CLOEXEC, 0, _RESOLVE_BENEATH | _RESOLVE_NO_MAGICLINKS)
    size = ctypes.c_size_t(ctypes.sizeof(how))
    descriptor = _libc.syscall(_OPENAT2, folder, os.fsencode(path or "."), ctypes.byref(how), size)
    return int(descriptor), ctypes.get_errno()


def _is_kernel_able() -> bool:
    root = os.open("/", os.O_PATH | os.O_CLOEXEC)
    try:
        descriptor, number = _openat2(root, ".", os.O_PATH)
    finally:
        os.close(root)
    if descriptor < 0:
        return number not in _NOT_OFFERED
    os.close(descriptor)
    return True


_is_offered: Final = _is_kernel_able()
