"""A small cache whose entries expire after seconds, for what every call looks up."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Final, Generic, TypeVar

Key = TypeVar("Key")
Found = TypeVar("Found")

MOST_ENTRIES: Final = 10_000
ENTRY_LIFETIME_S: Final = 5.0


class TtlCache(Generic[Key, Found]):
    """Caches what `look_up` finds, each entry for `ENTRY_LIFETIME_S` seconds, at most `kept` entries.

    A change made by this process is seen at once, because its author calls `forget`. A change made by
    another process in the same database is seen when the entry expires. Misses are not cached.
    """

    def __init__(
        self,
        look_up: Callable[[Key], Awaitable[Found | None]],
        *,
        clock: Callable[[], float] = time.monotonic,
        kept: int = MOST_ENTRIES,
    ) -> None:
        self._look_up = look_up
        self._clock = clock
        self._limit = kept
        self._kept: OrderedDict[Key, tuple[float, Found]] = OrderedDict()
        self._changes = 0

    async def find(self, key: Key) -> Found | None:
        """Return the value for `key`, or None."""
        moment = self._clock()
        kept = self._kept.get(key)
        if kept is not None and moment < kept[0] + ENTRY_LIFETIME_S:
            self._kept.move_to_end(key)
            return kept[1]
        changes = self._changes
        found = await self._look_up(key)
        if found is not None and changes == self._changes:
            self._keep(key, moment, found)
        return found

    def forget(self, key: Key) -> None:
        """Drop an entry; called after each committed change."""
        self._changes += 1  # a look-up in progress may return the old value: do not cache it
        self._kept.pop(key, None)

    def forget_all(self) -> None:
        """Drop all entries; called after a change whose keys are not known."""
        self._changes += 1
        self._kept.clear()

    def _keep(self, key: Key, moment: float, found: Found) -> None:
        self._kept[key] = (moment, found)
        self._kept.move_to_end(key)
        if len(self._kept) > self._limit:
            self._kept.popitem(last=False)
