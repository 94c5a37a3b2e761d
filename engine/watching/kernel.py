"""Directory notifications from the kernel: one inotify instance for all sessions. Source: inotify(7).

One, because a user may have only a few instances, and commands need some, too.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import termios
import threading
from array import array
from typing import Final, Protocol

import structlog
from inotify_simple import INotify, flags, parse_events

from roocode_server.engine.concurrency.shield import run_to_completion
from roocode_server.engine.watching.tree import WatchedFolder

GATHER_TIME_S: Final = 0.02
"""How long reading waits after the first event, so that a burst is read in a few large pieces."""
READ_BYTES: Final = 16_384
"""How much is read at a time: some hundreds of events, which do not block others for long."""
READ_PAUSE_S: Final = 0.005
"""The pause between two reads if there is more to read."""

MOVED_IN: Final = flags.MOVED_TO | flags.ISDIR
_WATCHED: Final = (
    flags.CREATE
    | flags.DELETE
    | flags.MOVED_FROM
    | flags.MOVED_TO
    | flags.CLOSE_WRITE
    | flags.ONLYDIR
    | flags.EXCL_UNLINK
)

log = structlog.get_logger("watching")


class Listener(Protocol):
    """Receives notifications, in the event loop."""

    def stirred(self, folder: WatchedFolder, name: str, *, moved_in: bool) -> None:
        """Something happened to this name; `moved_in` means that a whole directory was moved here."""
        ...

    def lost(self) -> None:
        """The kernel's queue overflowed: some events were lost."""
        ...


class Inotify:
    """Watches directories for listeners. Directories can be added and removed from any thread."""

    def __init__(self) -> None:
        self._opened: INotify | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._reading: asyncio.TimerHandle | None = None
        self._is_hindered = False
        self._changing = threading.Lock()
        self._watched: dict[int, tuple[WatchedFolder, Listener]] = {}

    async def open(self) -> None:
        """Request an inotify instance, unless there is one. Without one, nothing can be added."""
        if self._opened is None:
            try:
                opened = await run_to_completion(asyncio.to_thread(_open), let_go=INotify.close)
            except OSError as failure:
                if not self._is_hindered:
                    self._is_hindered = True
                    log.warning("the kernel watches no files", reason=str(failure))
                return
            if self._opened is not None:
                opened.close()
                return
            self._opened = opened
            self._loop = asyncio.get_running_loop()
            self._loop.add_reader(opened.fileno(), self._gather)

    async def close(self) -> None:
        """Stop watching all directories."""
        with self._changing:  # wait for a thread that is adding or removing a watch
            opened, self._opened = self._opened, None
            self._watched.clear()
        if opened is not None and self._loop is not None:
            self._loop.remove_reader(opened.fileno())
            if self._reading is not None:
                self._reading.cancel()
            await asyncio.to_thread(opened.close)  # in a thread, because the kernel may take a while

    def add(self, folder: WatchedFolder, descriptor: int, listener: Listener) -> bool:
        """Watch an open directory; False if the limit on watches is reached."""
        with self._changing:
            if self._opened is None:
                return False
            try:
                number = self._opened.add_watch(f"/proc/self/fd/{descriptor}", _WATCHED)
            except OSError:
                return False
            self._watched[number] = (folder, listener)
            folder.watch = number
            return True

    def remove(self, folder: WatchedFolder) -> None:
        """Stop watching a directory, unless its watch now belongs to another one."""
        with self._changing:
            number, folder.watch = folder.watch, None
            if number is None or self._watched.get(number, (None,))[0] is not folder:
                return
            del self._watched[number]
            if self._opened is not None:
                with contextlib.suppress(OSError):  # the directory was deleted, and its watch with it
                    self._opened.rm_watch(number)

    async def read(self) -> None:
        """Deliver all events so far, letting others run in between."""
        left = 0 if self._opened is None else _waiting_bytes(self._opened)
        while left > 0 and (read := self._read_some()):
            left -= read
            await asyncio.sleep(0)

    def _read_some(self) -> int:
        """Deliver a few events; returns how many bytes they were, 0 if there are none."""
        if self._opened is None:
            return 0
        try:
            told = os.read(self._opened.fileno(), READ_BYTES)
        except BlockingIOError:
            return 0
        for number, mask, _, name in parse_events(told):
            if mask & flags.Q_OVERFLOW:
                self._lose()
            elif mask & flags.IGNORED:
                self._ended(number)
            elif name and (found := self._watched.get(number)) is not None:
                folder, listener = found
                listener.stirred(folder, name, moved_in=mask & MOVED_IN == MOVED_IN)
        return len(told)

    def _ended(self, number: int) -> None:
        """The kernel has removed a watch: the directory is gone, unless `remove` asked for it."""
        with self._changing:
            found = self._watched.pop(number, None)
        if found is not None:
            found[0].is_gone = True

    def _lose(self) -> None:
        log.warning("changes of files were lost", watched=len(self._watched))
        for listener in {listener for _, listener in list(self._watched.values())}:
            listener.lost()

    def _gather(self) -> None:
        assert self._opened is not None and self._loop is not None  # noqa: S101 - it has just been readable
        self._loop.remove_reader(self._opened.fileno())
        self._reading = self._loop.call_later(GATHER_TIME_S, self._read_on)

    def _read_on(self) -> None:
        if self._opened is not None and self._loop is not None:
            read = 0
            try:
                read = self._read_some()
            finally:
                if read > READ_BYTES // 2:  # there is more to read
                    self._reading = self._loop.call_later(READ_PAUSE_S, self._read_on)
                else:
                    self._loop.add_reader(self._opened.fileno(), self._gather)


def _open() -> INotify:
    return INotify(nonblocking=True)


def _waiting_bytes(opened: INotify) -> int:
    """Return how many bytes can be read now. Source: inotify(7), FIONREAD."""
    count = array("i", [0])
    fcntl.ioctl(opened.fileno(), termios.FIONREAD, count)
    return count[0]
