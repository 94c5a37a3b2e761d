"""A bounded read-through cache, for what every call looks up and what rarely changes."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Final, Generic, TypeVar

Key = TypeVar("Key")
Found = TypeVar("Found")

CACHED_ENTRIES: Final = 10_000


class ReadThroughCache(Generic[Key, Found]):
    """Caches what `read` finds, each entry for `lifetime_s` seconds, at most `most` entries: the last used.

    A change made by this process is seen at once, because its author calls `forget`. A change made elsewhere
    is seen when the entry expires. Misses (None) are not cached unless `caches_misses` is set: strangers
    could ask for any number of them.
    """

    def __init__(
        self,
        read: Callable[[Key], Awaitable[Found | None]],
        *,
        lifetime_s: float = math.inf,
        most: int = CACHED_ENTRIES,
        caches_misses: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._read = read
        self._lifetime_s = lifetime_s
        self._most = most
        self._caches_misses = caches_misses
        self._clock = clock
        self._entries: OrderedDict[Key, tuple[float, Found | None]] = OrderedDict()
        self._changes = 0

    async def find(self, key: Key) -> Found | None:
        """Return the value for `key`, or None."""
        moment = self._clock()
        entry = self._entries.get(key)
        if entry is not None and moment < entry[0] + self._lifetime_s:
            self._entries.move_to_end(key)
            return entry[1]
        changes = self._changes
        found = await self._read(key)
        if changes == self._changes and (found is not None or self._caches_misses):
            self._add(key, moment, found)
        return found

    def forget(self, key: Key) -> None:
        """Drop an entry; called after each committed change."""
        self._changes += 1  # a read in progress may return the old value: do not cache it
        self._entries.pop(key, None)

    def forget_all(self) -> None:
        """Drop all entries; called after a change whose keys are not known."""
        self._changes += 1
        self._entries.clear()

    def _add(self, key: Key, moment: float, found: Found | None) -> None:
        self._entries[key] = (moment, found)
        self._entries.move_to_end(key)
        if len(self._entries) > self._most:
            self._entries.popitem(last=False)
