"""Opening paths that cannot leave a folder: the kernel resolves them. Source: openat2(2)."""

from __future__ import annotations

import ctypes
import errno
import os
from typing import Final

_RESOLVE_NO_MAGICLINKS: Final = 0x02
_RESOLVE_BENEATH: Final = 0x08
_OPENAT2: Final = 437
_TRIES: Final = 64

_libc = ctypes.CDLL(None, use_errno=True)


class _OpenHow(ctypes.Structure):
    _fields_ = [("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64)]


def open_beneath(folder: int, path: str, flags: int, mode: int = 0) -> int:
    """A descriptor of `path` below the directory `folder`; neither `..` nor a link leads out of it.

    Raises: OSError, with EXDEV where the path would leave the folder, ELOOP for a loop of links.
    """
    how = _OpenHow(flags | os.O_CLOEXEC, mode, _RESOLVE_BENEATH | _RESOLVE_NO_MAGICLINKS)
    encoded = os.fsencode(path or ".")
    for _ in range(_TRIES):
        descriptor = _libc.syscall(
            _OPENAT2, folder, encoded, ctypes.byref(how), ctypes.c_size_t(ctypes.sizeof(how))
        )
        if descriptor >= 0:
            return int(descriptor)
        number = ctypes.get_errno()
        # EAGAIN: something was renamed while `..` was resolved, so the kernel cannot vouch for the path.
        if number not in (errno.EAGAIN, errno.EINTR):
            raise OSError(number, os.strerror(number), path)
    raise OSError(errno.EXDEV, "the path keeps changing", path)
