"""The ephemeral events that happen while a new client reads the log: the log does not have them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Final

from roocode_server.models.event import StoredEvent

MOST_HELD_EPHEMERALS: Final = 1_000


class HeldEvents:
    """Ephemeral events, to be sent where they happened between those of the log.

    Places are counted as the log's events are: by `seq` in a session, by `position` over all of them.
    """

    def __init__(self) -> None:
        self._placed: deque[tuple[int, StoredEvent]] = deque()
        self._newest: list[StoredEvent] = []
        self._is_refused = False

    def hold(self, ephemeral: StoredEvent) -> None:
        """Keep an event; with one too many, none are kept any more: the client is too far behind."""
        if len(self._placed) + len(self._newest) >= MOST_HELD_EPHEMERALS:
            self.refuse()
        if not self._is_refused:
            self._newest.append(ephemeral)

    def note(self, place: int) -> None:
        """Handle an event that will be in the log: what was held so far happened before it."""
        self._placed.extend((place, each) for each in self._newest)
        self._newest.clear()

    def refuse(self) -> None:
        """Drop what is held, and hold nothing more."""
        self._is_refused = True
        self._placed.clear()
        self._newest.clear()

    def before(self, place: int) -> Iterator[StoredEvent]:
        """Take out what happened before an event of the log."""
        while self._placed and self._placed[0][0] <= place:
            yield self._placed.popleft()[1]

    def rest(self) -> Iterator[StoredEvent]:
        """Take out all that is left, and hold nothing more."""
        left = [*(each for _, each in self._placed), *self._newest]
        self.refuse()
        yield from left
