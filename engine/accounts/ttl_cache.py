"""What was looked up lately: a small, short memory for what every call asks for."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Final, Generic, TypeVar

Key = TypeVar("Key")
Found = TypeVar("Found")

KEPT: Final = 10_000
KEPT_S: Final = 5.0


class TtlCache(Generic[Key, Found]):
    """Remembers what `look_up` found, for `KEPT_S` seconds and at most `KEPT` things.

    A change in this process is seen at once, because whoever makes it calls `forget`; one that another
    process makes in the same database is seen when the time is over. What is missing is never remembered.
    """

    def __init__(
        self,
        look_up: Callable[[Key], Awaitable[Found | None]],
        *,
        clock: Callable[[], float] = time.monotonic,
        kept: int = KEPT,
    ) -> None:
        self._look_up = look_up
        self._clock = clock
        self._limit = kept
        self._kept: OrderedDict[Key, tuple[float, Found]] = OrderedDict()
        self._changes = 0

    async def find(self, key: Key) -> Found | None:
        """What belongs to `key`, or None."""
        moment = self._clock()
        kept = self._kept.get(key)
        if kept is not None and moment < kept[0] + KEPT_S:
            self._kept.move_to_end(key)
            return kept[1]
        changes = self._changes
        found = await self._look_up(key)
        if found is not None and changes == self._changes:
            self._keep(key, moment, found)
        return found

    def forget(self, key: Key) -> None:
        """Look `key` up anew the next time; called after each committed change."""
        self._changes += 1  # what is being looked up at this moment is old already
        self._kept.pop(key, None)

    def forget_all(self) -> None:
        self._changes += 1
        self._kept.clear()

    def _keep(self, key: Key, moment: float, found: Found) -> None:
        self._kept[key] = (moment, found)
        self._kept.move_to_end(key)
        if len(self._kept) > self._limit:
            self._kept.popitem(last=False)
