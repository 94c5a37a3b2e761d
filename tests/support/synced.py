"""What a power failure would leave of a database: its files as of their last fdatasync.

A program lets itself be watched (`be_watched`); each of its fsync and fdatasync calls waits until the watcher
has copied the file that is about to be synced. Source: seccomp(2), SECCOMP_FILTER_FLAG_NEW_LISTENER.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import platform
import select
import shutil
import socket
import struct
import threading
from pathlib import Path
from typing import Final

_CALLS: Final = {"x86_64": (317, 74, 75), "aarch64": (277, 82, 83)}
"""The system call numbers of seccomp, fsync and fdatasync, by machine."""
_SET_NO_NEW_PRIVILEGES: Final = 38
_SET_FILTER: Final = 1
_NEW_LISTENER: Final = 8
_RECEIVE: Final = 0xC0502100
_SEND: Final = 0xC0182101
_CONTINUE: Final = 1
_LOAD, _EQUAL, _RETURN = 0x20, 0x15, 0x06
_NOTIFY, _ALLOW = 0x7FC00000, 0x7FFF0000
_NOTICE: Final = struct.Struct("=QIIiIQ6Q")
_ANSWER: Final = struct.Struct("=QqiI")


def be_watched(line: socket.socket) -> None:
    """Make each fsync and fdatasync of this process wait for the listener at the other end of `line`."""
    seccomp, fsync, fdatasync = _CALLS[platform.machine()]
    program = b"".join(
        struct.pack("=HBBI", *instruction)
        for instruction in (
            (_LOAD, 0, 0, 0),
            (_EQUAL, 1, 0, fsync),
            (_EQUAL, 0, 1, fdatasync),
            (_RETURN, 0, 0, _NOTIFY),
            (_RETURN, 0, 0, _ALLOW),
        )
    )
    held = ctypes.create_string_buffer(program, len(program))
    wanted = struct.pack("@HP", len(program) // 8, ctypes.addressof(held))
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.prctl(_SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0) == 0
    listener = libc.syscall(seccomp, _SET_FILTER, _NEW_LISTENER, wanted)
    assert listener >= 0, os.strerror(ctypes.get_errno())
    socket.send_fds(line, [b"watch"], [listener])
    os.close(listener)


class Synced:
    """A context manager that keeps copies of a folder's files as they were last synced."""

    def __init__(self, listener: int, folder: Path, kept: Path) -> None:
        self._listener = listener
        self._folder = folder
        self._kept = kept
        self._looking = threading.Lock()
        self._thread = threading.Thread(target=self._watch, name="synced")
        kept.mkdir()

    def __enter__(self) -> Synced:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop; call it once the program has ended."""
        self._thread.join()
        os.close(self._listener)

    def cut(self, name: str) -> Path:
        """Return a folder with what a power failure now would leave of the files whose names begin with
        `name`.
        """
        with self._looking:
            left = Path(f"{self._kept}-cut")
            shutil.rmtree(left, ignore_errors=True)
            shutil.copytree(self._kept, left)
        assert (left / name).exists()
        return left

    def _watch(self) -> None:
        poll = select.poll()
        poll.register(self._listener, select.POLLIN)
        while not (poll.poll()[0][1] & select.POLLHUP):
            notice = bytearray(_NOTICE.size)
            with contextlib.suppress(FileNotFoundError):  # who has called is gone
                fcntl.ioctl(self._listener, _RECEIVE, notice)
                number, thread, *_, descriptor = _NOTICE.unpack(notice)[:7]
                self._keep(thread, descriptor)
                fcntl.ioctl(self._listener, _SEND, _ANSWER.pack(number, 0, 0, _CONTINUE))

    def _keep(self, thread: int, descriptor: int) -> None:
        file = Path(os.readlink(f"/proc/{thread}/fd/{descriptor}"))
        if file.parent == self._folder and file.is_file():
            with self._looking:
                shutil.copyfile(file, self._kept / file.name)
                for kept in self._kept.iterdir():
                    if not (self._folder / kept.name).exists():  # removed before this was synced
                        kept.unlink()
