"""Counts that end by themselves, kept in this process."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from limits.aio.storage import Storage

MOST_COUNTS: Final = 100_000
"""Kept at once; the oldest go before their end where there are more."""

Clock = Callable[[], float]
_STARTED_AT: Final = time.time() - time.monotonic()


def steady_time() -> float:
    """Seconds since 1970 by a clock that is not set while the server runs."""
    return _STARTED_AT + time.monotonic()


@dataclass(slots=True)
class _Window:
    ends_at: float
    count: int = 0


class MemoryCounts(Storage):
    """A storage of the library `limits`, which has others for several servers that count together.

    Its own in memory starts an asyncio task at each count that looks at every key; here those that have ended
    are forgotten from the oldest on, a few at each count.
    """

    STORAGE_SCHEME = None

    def __init__(self, clock: Clock = steady_time) -> None:
        super().__init__()
        self._clock = clock
        self._windows: OrderedDict[str, _Window] = OrderedDict()

    def __len__(self) -> int:
        return len(self._windows)

    @property
    def base_exceptions(self) -> type[Exception]:
        return ValueError

    async def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Count; the first of a window begins it, and it lasts for `expiry` seconds."""
        moment = self._clock()
        self._forget(moment)
        window = self._windows.get(key)
        if window is None or window.ends_at <= moment:
            self._windows.pop(key, None)
            window = self._windows[key] = _Window(moment + expiry)
        window.count += amount
        return window.count

    async def get(self, key: str) -> int:
        window = self._windows.get(key)
        return window.count if window is not None and window.ends_at > self._clock() else 0

    async def get_expiry(self, key: str) -> float:
        """When the window ends; the present for one that has ended or not begun."""
        moment = self._clock()
        window = self._windows.get(key)
        return max(moment, window.ends_at) if window is not None else moment

    async def check(self) -> bool:
        return True

    async def reset(self) -> int:
        count = len(self._windows)
        self._windows.clear()
        return count

    async def clear(self, key: str) -> None:
        self._windows.pop(key, None)

    def _forget(self, moment: float) -> None:
        """Windows of one length end in the order in which they began."""
        while self._windows:
            oldest = next(iter(self._windows))
            if self._windows[oldest].ends_at > moment and len(self._windows) < MOST_COUNTS:
                return
            del self._windows[oldest]
