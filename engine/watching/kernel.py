"""The kernel's word of changes in directories: one inotify instance for all sessions. Source: inotify(7).

One, because a user may have few of them, and commands want some, too.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from typing import Final, Protocol

import structlog
from inotify_simple import INotify, flags

from engine.watching.tree import Folder

GATHERED_S: Final = 0.02
"""Reading waits for this long after the first change, so that a flood is read in a few pieces."""

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
    """Who is told, in the event loop."""

    def stirred(self, folder: Folder, name: str, *, moved_in: bool) -> None:
        """Something has happened to this name; `moved_in`: a whole directory has come by it."""
        ...

    def lost(self) -> None:
        """Changes came faster than they were read: some are not known."""
        ...


class Inotify:
    """Watches directories for listeners. Directories are added and removed by any thread."""

    def __init__(self) -> None:
        self._opened: INotify | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._reading: asyncio.TimerHandle | None = None
        self._changing = threading.Lock()
        self._watched: dict[int, tuple[Folder, Listener]] = {}

    async def open(self) -> None:
        """Ask the kernel, once. Raises: OSError, where it gives no instance."""
        if self._opened is None:
            opened = await asyncio.to_thread(INotify)
            if self._opened is not None:
                opened.close()
                return
            self._opened = opened
            self._loop = asyncio.get_running_loop()
            self._loop.add_reader(opened.fileno(), self._gather)

    async def close(self) -> None:
        """Watch nothing any more."""
        with self._changing:  # a thread that adds or removes a watch has done so
            opened, self._opened = self._opened, None
            self._watched.clear()
        if opened is not None and self._loop is not None:
            self._loop.remove_reader(opened.fileno())
            if self._reading is not None:
                self._reading.cancel()
            await asyncio.to_thread(opened.close)  # the kernel takes its time

    def add(self, folder: Folder, descriptor: int, listener: Listener) -> bool:
        """Watch an open directory; whether it is watched: the kernel's room for it may be used up."""
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

    def remove(self, folder: Folder) -> None:
        """Watch a directory no more, unless it is watched as another one by now."""
        with self._changing:
            number, folder.watch = folder.watch, None
            if number is None or self._watched.get(number, (None,))[0] is not folder:
                return
            del self._watched[number]
            if self._opened is not None:
                with contextlib.suppress(OSError):  # the directory is gone, and its watch with it
                    self._opened.rm_watch(number)

    def read(self) -> None:
        """Tell the listeners of everything that has happened so far."""
        if self._opened is None:
            return
        for number, mask, _, name in self._opened.read(timeout=0):
            if mask & flags.Q_OVERFLOW:
                self._lose()
            elif mask & flags.IGNORED:
                self._ended(number)
            elif name and (found := self._watched.get(number)) is not None:
                folder, listener = found
                listener.stirred(folder, name, moved_in=mask & MOVED_IN == MOVED_IN)

    def _ended(self, number: int) -> None:
        """The kernel watches a directory no more: it is gone, unless that was asked for."""
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
        self._reading = self._loop.call_later(GATHERED_S, self._read_on)

    def _read_on(self) -> None:
        if self._opened is not None and self._loop is not None:
            try:
                self.read()
            finally:
                self._loop.add_reader(self._opened.fileno(), self._gather)
