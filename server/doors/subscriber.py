"""A client's position in one session's log, live or catching up. Used by both socket doors."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, Protocol

import structlog

from roocode_server.engine.events.hub import Hub
from roocode_server.engine.events.log import EventLog
from roocode_server.models.event import StoredEvent
from roocode_server.models.identifier import SessionId
from roocode_server.models.session import SessionDeletedEvent
from roocode_server.server.doors.held_events import HeldEvents

LOG_PAGE_EVENTS: Final = 200

log = structlog.get_logger("subscriber")


class EventSink(Protocol):
    """Receives a subscriber's events: one client on one socket."""

    def write(self, stored: StoredEvent) -> bool:
        """Send an event, or skip one that does not concern this client. False if the buffer is full."""
        ...

    async def drained(self) -> None:
        """Return once there is room again. Raises: ConnectionError, if the client is gone."""
        ...

    def abandon(self) -> None:
        """Break the connection off, so that the client reconnects and resumes."""
        ...


class OldEventsRemoved(Exception):
    """Events that a client is still to get have been removed."""


class Subscriber:
    """Sends each event of a session once and in order, however slow the client is.

    `cursor` is the last seq that was sent. While live, events are sent as they are announced. When the sink
    is full, the subscriber falls behind and reads the log from its cursor up to the head. A first connect
    with `lastSeq`, a reconnect and a slow client are thus the same case, and no queue can grow.

    A client is told of its subscription before it has caught up, so ephemeral events are held for it until
    then. One that is slow gets none while it is behind.
    """

    def __init__(
        self, session_id: SessionId, outlet: EventSink, log: EventLog, hub: Hub, *, after: int | None
    ) -> None:
        self._session_id = session_id
        self._outlet = outlet
        self._log = log
        self._hub = hub
        self._cursor = after
        self._latest: StoredEvent | None = None
        self._held = HeldEvents()
        self._is_live = after is None
        self._catching_up: asyncio.Task[None] | None = None
        self._leave: Callable[[], None] = hub.follow(session_id, self)
        if not self._is_live:
            self._catching_up = asyncio.create_task(self._catch_up())

    def deliver(self, stored: StoredEvent) -> None:
        """Handle an announced event. Called by the hub; never waits."""
        if not stored.seq:
            if self._is_live:
                self._outlet.write(stored)
            else:
                self._held.hold(stored)
            return
        self._latest = stored
        self._held.note(stored.seq)
        if not self._is_live or (self._cursor is not None and stored.seq <= self._cursor):
            return
        if self._outlet.write(stored):
            self._cursor = stored.seq
        else:
            self._cursor = stored.seq - 1
            self._is_live = False
            self._catching_up = asyncio.create_task(self._catch_up())

    @property
    def _announced(self) -> int:
        """The seq of the latest event that was announced; 0 if there was none."""
        return 0 if self._latest is None else self._latest.seq

    def close(self) -> None:
        """Send nothing more."""
        self._leave()
        if self._catching_up is not None:
            self._catching_up.cancel()

    async def _catch_up(self) -> None:
        self._hub.catching_up += 1
        try:
            await self._read_to_the_head()
        except ConnectionError:
            self._leave()
        except OldEventsRemoved:
            self._leave()
            self._outlet.abandon()
        except Exception:
            log.exception("catching up failed", session_id=self._session_id)
            self._leave()
            # A client that stays connected without getting events would wait for ever.
            self._outlet.abandon()
        finally:
            self._hub.catching_up -= 1

    async def _read_to_the_head(self) -> None:
        cursor = self._cursor or 0
        while True:
            announced = self._announced
            page = await self._log.read(self._session_id, after=cursor, limit=LOG_PAGE_EVENTS)
            if not page and cursor < announced and self._latest is not None:
                # What was announced before the read is not there: the log has been deleted since. The latest
                # event is its last, which says so.
                page = [self._latest]
            if page and page[0].seq > cursor + 1 and page[0].type != SessionDeletedEvent.name:
                # The next ones have just been removed: the client comes again and is told so.
                raise OldEventsRemoved(f"events after {cursor} of {self._session_id} have been removed")
            for stored in page:
                for ephemeral in self._held.before(stored.seq):
                    self._outlet.write(ephemeral)
                while not self._outlet.write(stored):
                    self._held.refuse()
                    await self._outlet.drained()
                cursor = self._cursor = stored.seq
            if not page and cursor >= self._announced:
                # Nothing is awaited between this comparison and going live: that is the seam.
                for ephemeral in self._held.rest():
                    self._outlet.write(ephemeral)
                self._is_live = True
                return
            await self._outlet.drained()
