"""One end of a pipe, or a terminal, with exactly one owner that closes it.

asyncio's own pipe transports close the descriptor and then the file object on top of it, which would close
whatever a thread has opened meanwhile under the same number.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, Final

PIPE_READ_BYTES: Final = 65_536


class Descriptor:
    """An open, non-blocking descriptor; one reader at a time, and writes keep their order."""

    def __init__(self, number: int) -> None:
        """Takes ownership of the descriptor."""
        os.set_blocking(number, False)
        self._number = number
        self._is_closed = False
        self._waiting: set[asyncio.Future[None]] = set()
        self._writing = asyncio.Lock()

    def number(self) -> int:
        """Return the descriptor for an immediate system call. Raises: BrokenPipeError, if it is closed."""
        if self._is_closed:
            raise BrokenPipeError("it is closed")
        return self._number

    async def read(self, most: int = PIPE_READ_BYTES, /) -> bytes:
        """Return the next bytes; empty at the end, when the other side is closed or this one is.

        Each read waits for the event loop, so that endless output does not block others.
        """
        loop = asyncio.get_running_loop()
        while not self._is_closed:
            await self._ready(loop.add_reader, loop.remove_reader)
            try:
                return os.read(self.number(), most)
            except BlockingIOError:
                continue
            except OSError:  # closed meanwhile, or a terminal whose program has ended
                break
        return b""

    async def write(self, content: bytes) -> None:
        """Write all of it. Raises: OSError, if nobody reads any more or it is closed."""
        loop = asyncio.get_running_loop()
        left = memoryview(content)
        async with self._writing:
            while left:
                try:
                    left = left[os.write(self.number(), left) :]
                except BlockingIOError:
                    await self._ready(loop.add_writer, loop.remove_writer)

    def close(self) -> None:
        """Close it and wake all who wait for it; has no effect if it is closed."""
        if self._is_closed:
            return
        self._is_closed = True
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._number)
        loop.remove_writer(self._number)
        os.close(self._number)
        for each in self._waiting:
            _wake(each)

    async def _ready(self, watch: Callable[..., Any], unwatch: Callable[[int], Any]) -> None:
        """Wait until it can be read or written, or is closed."""
        ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.add(ready)
        watch(self._number, _wake, ready)
        try:
            await ready
        finally:
            self._waiting.discard(ready)
            if not self._is_closed:
                unwatch(self._number)


def pipe_to(theirs: ExitStack, ours: ExitStack) -> tuple[int, Descriptor]:
    """Return the end that a program reads from, which closes with `theirs`, and the one to write to."""
    read, written = os.pipe2(os.O_CLOEXEC)
    theirs.callback(os.close, read)
    return read, _owned(written, ours)


def pipe_from(theirs: ExitStack, ours: ExitStack) -> tuple[int, Descriptor]:
    """Return the end that a program writes to, which closes with `theirs`, and the one to read from."""
    read, written = os.pipe2(os.O_CLOEXEC)
    theirs.callback(os.close, written)
    return written, _owned(read, ours)


def _owned(number: int, ours: ExitStack) -> Descriptor:
    descriptor = Descriptor(number)
    ours.callback(descriptor.close)
    return descriptor


def _wake(waiting: asyncio.Future[None]) -> None:
    if not waiting.done():
        waiting.set_result(None)
