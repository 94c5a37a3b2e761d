"""A result that is made once for all who ask for it within a moment."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

Result = TypeVar("Result")


class SharedResult(Generic[Result]):
    """Calls `make` when somebody asks and the last result is older than `lifetime_s`, never twice at once."""

    def __init__(self, make: Callable[[], Awaitable[Result]], *, lifetime_s: float) -> None:
        self._make = make
        self._lifetime_s = lifetime_s
        self._making: asyncio.Task[Result] | None = None
        self._made_at = 0.0

    async def get(self) -> Result:
        """Return a result that is `lifetime_s` old at most. Raises: what `make` raises."""
        moment = asyncio.get_running_loop().time()
        making = self._making
        if making is None or (making.done() and moment - self._made_at >= self._lifetime_s):
            self._made_at = moment
            self._making = making = asyncio.create_task(self._begin())
        return await asyncio.shield(making)

    async def close(self) -> None:
        """Cancel what is being made."""
        if self._making is not None:
            self._making.cancel()
            await asyncio.wait({self._making})

    async def _begin(self) -> Result:
        return await self._make()
