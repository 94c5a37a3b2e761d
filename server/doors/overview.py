"""One client that follows all sessions of its caller, on any socket."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from roocode_server.engine.events.hub import Hub
from roocode_server.engine.events.log import EventLog
from roocode_server.engine.sessions.access_watch import AccessWatch
from roocode_server.engine.sessions.audience import Audience
from roocode_server.models.error import AppError
from roocode_server.models.event import EVENTS, StoredEvent
from roocode_server.models.identifier import SessionId
from roocode_server.models.session import SessionDeletedEvent, SessionScope
from roocode_server.models.user import Caller, Permission
from roocode_server.models.webhook import fits_any
from roocode_server.server.doors.subscriber import EventSink, Subscriber


@dataclass(frozen=True, slots=True, kw_only=True)
class Overviews:
    """What it takes to follow all sessions of a caller."""

    audience: Audience
    log: EventLog
    hub: Hub
    access: AccessWatch

    def follow(
        self,
        sink: EventSink,
        caller: Caller,
        scope: SessionScope,
        types: Sequence[str],
        *,
        is_followed: Callable[[SessionId], bool] = lambda _: False,
    ) -> OverviewFollower:
        """Send a client those events of the caller's sessions that fit one of the patterns, from now on.

        A session that the client follows by itself (`is_followed`) is left to that.
        """
        return OverviewFollower(self, sink, caller, scope, types, is_followed)


class OverviewFollower:
    """A subscriber for each of the caller's sessions that has news; all of them write to one sink."""

    def __init__(
        self,
        overviews: Overviews,
        sink: EventSink,
        caller: Caller,
        scope: SessionScope,
        types: Sequence[str],
        is_followed: Callable[[SessionId], bool],
    ) -> None:
        self._overviews = overviews
        self._sink = sink
        self._caller = caller
        self._wanted = frozenset(name for name in EVENTS if fits_any(types, name))
        self._is_followed = is_followed
        self._following: dict[SessionId, tuple[Subscriber, Callable[[], None]]] = {}
        self._leave = overviews.audience.follow(caller.user_id, scope, self)

    def enter(self, session_id: SessionId, *, after: int | None) -> None:
        """As `Spectator.enter`; nothing happens if the session is followed already."""
        if session_id in self._following or self._is_followed(session_id):
            return
        ended = functools.partial(self._shut_out, session_id)
        unwatch = self._overviews.access.follow(session_id, self._caller, Permission.EVENT_READ, ended)
        subscriber = Subscriber(session_id, self, self._overviews.log, self._overviews.hub, after=after)
        self._following[session_id] = (subscriber, unwatch)

    def enter_again(self, session_id: SessionId) -> None:
        """Follow a session that the client follows by itself no more, if it is one of the caller's."""
        self._overviews.audience.invite(self, session_id)

    def leave(self, session_id: SessionId) -> None:
        """Follow a session no longer."""
        subscriber, unwatch = self._following.pop(session_id, (None, None))
        if subscriber is not None and unwatch is not None:
            subscriber.close()
            unwatch()

    def close(self) -> None:
        """Follow nothing any more."""
        self._leave()
        for session_id in list(self._following):
            self.leave(session_id)

    def write(self, stored: StoredEvent) -> bool:
        """As `EventSink.write`."""
        if stored.type in self._wanted and not self._sink.write(stored):
            return False
        if stored.type == SessionDeletedEvent.name:
            asyncio.get_running_loop().call_soon(self.leave, stored.session_id)
        return True

    async def drained(self) -> None:
        """As `EventSink.drained`."""
        await self._sink.drained()

    def abandon(self) -> None:
        """As `EventSink.abandon`."""
        self._sink.abandon()

    def _shut_out(self, session_id: SessionId, refusal: AppError) -> None:
        self.leave(session_id)
