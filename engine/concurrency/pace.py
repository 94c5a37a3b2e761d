"""A share of the event loop's time for work that may never stop arriving."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

LOOP_SHARE: Final = 0.5
"""The share of the event loop's time."""
BUSY_BEFORE_PAUSE_S: Final = 0.01
"""How much time may be used before a pause."""
LONGEST_COUNTED_TURN_S: Final = 0.05
"""The most that one piece of work counts for; a longer one was waiting, and others had that time."""


class Pace:
    """Limits all users of one instance together to `LOOP_SHARE` of the event loop's time."""

    def __init__(self) -> None:
        self._begin = asyncio.Lock()
        self._used_s = 0.0
        self._counted = 0.0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait until the share allows it, then time the block as one (short) piece of work."""
        loop = asyncio.get_running_loop()
        async with self._begin:
            self._count(loop.time())
            if self._used_s > BUSY_BEFORE_PAUSE_S:
                await asyncio.sleep(self._used_s / LOOP_SHARE)
        began = loop.time()
        try:
            yield
        finally:
            self._used_s += min(loop.time() - began, LONGEST_COUNTED_TURN_S)

    def _count(self, now: float) -> None:
        """Restore the allowance for the time that has passed."""
        self._used_s = max(0.0, self._used_s - (now - self._counted) * LOOP_SHARE)
        self._counted = now
