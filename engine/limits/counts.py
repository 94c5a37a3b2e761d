"""Counters that expire, kept in the memory of this process."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from limits.aio.storage import Storage

MOST_COUNTS: Final = 100_000
"""The most counters kept; beyond that, the oldest are dropped before they expire."""

Clock = Callable[[], float]
_STARTED_AT: Final = time.time() - time.monotonic()


def steady_time() -> float:
    """Return the seconds since 1970, by a clock that is never adjusted while the server runs."""
    return _STARTED_AT + time.monotonic()


@dataclass(slots=True)
class _Window:
    ends_at: float
    count: int = 0


class MemoryCounts(Storage):
    """A storage for the library `limits`, which also has storages that several servers share.

    The library's own storage in memory starts an asyncio task at each count, which looks at every key. This
    one drops expired counters from the oldest on, a few at each count.
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
        """Count and return the new number. The first count starts a window of `expiry` seconds."""
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
        """Return when the window ends; the current time if it has ended or not started."""
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
        """Drop expired windows. All have the same length, so they end in the order in which they began."""
        while self._windows:
            oldest = next(iter(self._windows))
            if self._windows[oldest].ends_at > moment and len(self._windows) < MOST_COUNTS:
                return
            del self._windows[oldest]
