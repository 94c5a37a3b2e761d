"""A share of the event loop's time for work that may come without end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

SHARE: Final = 0.5
"""Of the event loop's time."""
AT_ONCE_S: Final = 0.01
"""So much may be used before a pause."""
LONGEST_S: Final = 0.05
"""No piece of work counts for more: one that took longer has waited, and others had that time."""


class Pace:
    """Lets all who do pieces of such work have no more than their share together."""

    def __init__(self) -> None:
        self._begin = asyncio.Lock()
        self._used_s = 0.0
        self._counted = 0.0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """A piece of work, which should be short; it begins once others have had their time."""
        loop = asyncio.get_running_loop()
        async with self._begin:
            self._count(loop.time())
            if self._used_s > AT_ONCE_S:
                await asyncio.sleep(self._used_s / SHARE)
        began = loop.time()
        try:
            yield
        finally:
            self._used_s += min(loop.time() - began, LONGEST_S)

    def _count(self, now: float) -> None:
        """What was used is given back with time."""
        self._used_s = max(0.0, self._used_s - (now - self._counted) * SHARE)
        self._counted = now
