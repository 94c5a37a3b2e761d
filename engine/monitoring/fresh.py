"""A measurement that many ask for: taken once for those who ask at the same time, and kept for a while."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

Taken = TypeVar("Taken")


class Fresh(Generic[Taken]):
    """The latest measurement. `take` is never called again before it has returned."""

    def __init__(self, take: Callable[[], Awaitable[Taken]], *, fresh_s: float) -> None:
        self._take = take
        self._fresh_s = fresh_s
        self._latest: tuple[float, Taken] | None = None
        self._taking: asyncio.Task[Taken] | None = None

    async def latest(self) -> Taken:
        """Return one that is at most `fresh_s` old. Raises: what `take` raises."""
        moment = asyncio.get_running_loop().time()
        if self._latest is not None and moment - self._latest[0] < self._fresh_s:
            return self._latest[1]
        return await self.anew()

    async def anew(self) -> Taken:
        """Take another one, or wait for the one that is being taken. Raises: what `take` raises."""
        if self._taking is None:
            self._taking = asyncio.create_task(self._take_once())
            self._taking.add_done_callback(self._has_taken)
        return await asyncio.shield(self._taking)

    async def close(self) -> None:
        """Wait for nothing any more."""
        if self._taking is not None:
            self._taking.cancel()
            await asyncio.gather(self._taking, return_exceptions=True)

    async def _take_once(self) -> Taken:
        taken = await self._take()
        self._latest = (asyncio.get_running_loop().time(), taken)
        return taken

    def _has_taken(self, taking: asyncio.Task[Taken]) -> None:
        self._taking = None
        if not taking.cancelled():
            taking.exception()  # raised to those who wait
