"""How long a task may take, and how many may work at once; waiting for people counts for neither."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from types import TracebackType


class Patience:
    """A time limit that stands still while the task waits for a person. Ends in TimeoutError."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._timeout: asyncio.Timeout | None = None

    async def __aenter__(self) -> None:
        self._timeout = asyncio.timeout(self._seconds)
        await self._timeout.__aenter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        failure: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._timeout is not None:
            await self._timeout.__aexit__(kind, failure, traceback)

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Stop the clock within the block."""
        timeout, loop = self._timeout, asyncio.get_running_loop()
        when = timeout.when() if timeout is not None else None
        if timeout is None or when is None:
            yield
            return
        left = when - loop.time()
        timeout.reschedule(None)
        try:
            yield
        finally:
            if not timeout.expired():
                timeout.reschedule(loop.time() + left)


class Slot:
    """One of the places for tasks that work at the same time."""

    def __init__(self, places: asyncio.Semaphore) -> None:
        self._places = places

    async def __aenter__(self) -> Slot:
        await self._places.acquire()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._places.release()

    @contextlib.asynccontextmanager
    async def given_back(self) -> AsyncIterator[None]:
        """Let another task have the place within the block."""
        self._places.release()
        try:
            yield
        finally:
            # Also when cancelled: the slot is released once more on the way out, so it must be held again.
            await _acquire_surely(self._places)


async def _acquire_surely(places: asyncio.Semaphore) -> None:
    acquiring = asyncio.ensure_future(places.acquire())
    try:
        await asyncio.shield(acquiring)
    except asyncio.CancelledError:
        await acquiring
        raise
