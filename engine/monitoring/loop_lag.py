"""How late the event loop runs what is due: while something keeps it busy, every client waits."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

MEASURING_INTERVAL_S: Final = 0.2
REMEMBERED_S: Final = 5.0


class EventLoopLag:
    """Measures the delay of a timer. `observe` is called with each measured delay in seconds."""

    def __init__(self, observe: Callable[[float], None] | None = None) -> None:
        self._observe = observe
        self._delays: deque[float] = deque(maxlen=round(REMEMBERED_S / MEASURING_INTERVAL_S))
        self._measuring: asyncio.Task[None] | None = None

    @property
    def worst_s(self) -> float:
        """The longest of the latest delays, those of `REMEMBERED_S` seconds."""
        return max(self._delays, default=0.0)

    def begin(self) -> None:
        """Start measuring."""
        self._measuring = asyncio.create_task(self._measure(), name="event loop lag")

    async def close(self) -> None:
        """Stop measuring."""
        measuring, self._measuring = self._measuring, None
        if measuring is not None:
            measuring.cancel()
            await asyncio.wait({measuring})

    async def _measure(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + MEASURING_INTERVAL_S
            await asyncio.sleep(MEASURING_INTERVAL_S)
            delay_s = max(0.0, loop.time() - due)
            self._delays.append(delay_s)
            if self._observe is not None:
                self._observe(delay_s)
