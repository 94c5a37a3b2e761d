"""What works once, and for a short time: states of sign-ins, and the codes that they end with."""

from __future__ import annotations

import datetime
from collections import OrderedDict
from typing import Final, Generic, TypeVar

from roocode_server.engine.accounts.tokens import Clock

Content = TypeVar("Content")

MOST_SHORT_ENTRIES: Final = 10_000
"""The oldest goes when there are more."""


class ShortMemory(Generic[Content]):
    """Keeps things under their names for `lifetime_s` seconds. A restart forgets them."""

    def __init__(self, *, lifetime_s: float, clock: Clock) -> None:
        self._lifetime = datetime.timedelta(seconds=lifetime_s)
        self._clock = clock
        self._entries: OrderedDict[str, tuple[datetime.datetime, Content]] = OrderedDict()

    def keep(self, name: str, content: Content) -> None:
        """Keep something."""
        self._entries[name] = (self._clock() + self._lifetime, content)
        if len(self._entries) > MOST_SHORT_ENTRIES:
            self._entries.popitem(last=False)

    def take(self, name: str) -> Content | None:
        """What was kept under a name, which is gone from here on; None, if there is nothing (any more)."""
        until, content = self._entries.pop(name, (self._clock(), None))
        return content if until > self._clock() else None

    def __contains__(self, name: str) -> bool:
        entry = self._entries.get(name)
        return entry is not None and entry[0] > self._clock()
