"""Tells its followers of events that belong to no session, without waiting for any of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import structlog

from roocode_server.models.event import Broadcast, Event

Deliver = Callable[[Broadcast], object]
"""Takes an event, or drops it if it cannot be sent now; must not wait or raise."""

log: Final = structlog.get_logger("events")


class Announcer:
    """The followers of one kind of event. An event is encoded once for all of them, and not kept."""

    def __init__(self) -> None:
        self._followers: dict[object, Deliver] = {}

    @property
    def is_heard(self) -> bool:
        """Whether anybody follows."""
        return bool(self._followers)

    def follow(self, deliver: Deliver) -> Callable[[], None]:
        """Call `deliver` for each event from now on; call the returned function to stop."""
        token = object()
        self._followers[token] = deliver

        def leave() -> None:
            self._followers.pop(token, None)

        return leave

    def announce(self, happened: Event) -> None:
        """Deliver an event to all followers."""
        if not self._followers:
            return
        sealed = Broadcast.of(happened)
        for deliver in list(self._followers.values()):
            try:
                deliver(sealed)
            except Exception:
                # One broken follower must not keep the event from the others.
                log.exception("delivery failed", type=happened.name)
