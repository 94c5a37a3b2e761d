"""One client that follows all sessions of its caller, on any socket or stream."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from roocode_server.engine.events.hub import Hub
from roocode_server.engine.events.timeline import Timeline
from roocode_server.engine.sessions.audience import Audience
from roocode_server.models.event import EVENTS, StoredEvent
from roocode_server.models.identifier import SessionId
from roocode_server.models.session import SessionScope
from roocode_server.models.user import Caller
from roocode_server.models.webhook import fits_any
from roocode_server.server.doors.held_events import HeldEvents
from roocode_server.server.doors.subscriber import LOG_PAGE_EVENTS, EventSink, OldEventsRemoved

log: Final = structlog.get_logger("subscriber")


@dataclass(frozen=True, slots=True, kw_only=True)
class Overviews:
    """What it takes to follow all sessions of a caller."""

    audience: Audience
    timeline: Timeline
    hub: Hub

    def follow(
        self,
        sink: EventSink,
        caller: Caller,
        scope: SessionScope,
        types: Sequence[str],
        *,
        after: int,
        is_followed: Callable[[SessionId], bool] = lambda _: False,
    ) -> OverviewFollower:
        """Send a client those events of the caller's sessions after a position that fit one of the patterns.

        A session that the client follows by itself (`is_followed`) is left to that.
        """
        return OverviewFollower(self, sink, caller, scope, types, after, is_followed)


class OverviewFollower:
    """Sends each event of the caller's sessions once, in the order of positions, however slow the client is.

    As a `Subscriber` in one session: while live, events are sent as they are handed on; when the sink is
    full, the client is served from the log until it has caught up.
    """

    def __init__(
        self,
        overviews: Overviews,
        sink: EventSink,
        caller: Caller,
        scope: SessionScope,
        types: Sequence[str],
        after: int,
        is_followed: Callable[[SessionId], bool],
    ) -> None:
        self._overviews = overviews
        self._sink = sink
        self._user_id = caller.user_id
        self._scope = scope
        self._wanted = frozenset(name for name in EVENTS if fits_any(types, name))
        self._is_followed = is_followed
        self._cursor = after
        self._since = overviews.timeline.forgotten
        self._announced = 0
        self._held = HeldEvents()
        self._is_live = False
        self._is_overtaken = False
        self._is_closed = False
        self._catching_up: asyncio.Task[None] | None = None
        self._leave = overviews.audience.follow(caller.user_id, scope, self)
        self.fall_behind()

    def deliver(self, placed: StoredEvent) -> None:
        """As `Spectator.deliver`."""
        if not placed.seq:
            if self._is_live:
                self._write(placed)
            else:
                self._held.hold(placed)
            return
        self._announced = placed.position
        self._held.note(placed.position)
        if not self._is_live or placed.position <= self._cursor:
            return
        if self._write(placed):
            self._cursor = placed.position
        else:
            self.fall_behind()

    def fall_behind(self) -> None:
        """As `Spectator.fall_behind`."""
        if self._is_closed:
            return
        self._is_live = False
        self._is_overtaken = True
        if self._catching_up is None or self._catching_up.done():
            self._catching_up = asyncio.create_task(self._catch_up())

    def close(self) -> None:
        """Follow nothing any more."""
        self._is_closed = True
        self._leave()
        if self._catching_up is not None:
            self._catching_up.cancel()

    def _write(self, placed: StoredEvent) -> bool:
        """Send an event, or skip one that is not asked for; False if the client is full."""
        if placed.type not in self._wanted or self._is_followed(placed.session_id):
            return True
        return self._sink.write(placed)

    async def _catch_up(self) -> None:
        self._overviews.hub.catching_up += 1
        try:
            await self._read_to_the_head()
        except ConnectionError:
            self._leave()
        except OldEventsRemoved:
            self._leave()
            self._sink.abandon()
        except Exception:
            log.exception("catching up with all sessions failed", user_id=self._user_id)
            self._leave()
            # A client that stays connected without getting events would wait for ever.
            self._sink.abandon()
        finally:
            self._overviews.hub.catching_up -= 1

    async def _read_to_the_head(self) -> None:
        while True:
            self._is_overtaken = False
            page = await self._overviews.timeline.read(
                self._user_id, self._scope, after=self._cursor, limit=LOG_PAGE_EVENTS
            )
            if self._cursor < self._overviews.timeline.forgotten != self._since:
                # Some of what follows has just been removed: the client comes again and is told so.
                raise OldEventsRemoved(f"events after position {self._cursor} have been removed")
            for placed in page.events:
                for ephemeral in self._held.before(placed.position):
                    self._write(ephemeral)
                while not self._write(placed):
                    self._held.refuse()
                    await self._sink.drained()
                self._cursor = placed.position
            self._cursor = max(self._cursor, page.reached)
            is_at_head = self._cursor >= max(page.head, self._announced)
            if is_at_head and not self._is_overtaken:
                # Nothing is awaited between this comparison and going live: that is the seam.
                for ephemeral in self._held.rest():
                    self._write(ephemeral)
                self._is_live = True
                return
            await self._sink.drained()
