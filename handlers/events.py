"""Operations on a session's event log: read it, follow it on this socket. Source: docs/events.md."""

from __future__ import annotations

import orjson

from handlers.connection import Connection
from handlers.operation import Handlers, operation
from models.error import NotFound
from models.event import (
    EventCursor,
    EventList,
    EventPage,
    EventSubscribe,
    EventUnsubscribe,
    Subscription,
)
from models.user import Caller, Permission


class Events(Handlers, namespace="/sessions"):
    @operation(
        "event.list",
        rest="GET /api/v1/sessions/{sessionId}/events",
        permission=Permission.EVENT_READ,
        on="session_id",
        errors=(NotFound,),
    )
    async def list(self, caller: Caller, request: EventList) -> EventPage:
        """Read the session's events with a `seq` above `after`, in order and without holes."""
        stored = await self.engine.log.read(request.session_id, after=request.after, limit=request.limit)
        head = await self.engine.log.head(request.session_id)
        reached = stored[-1].seq if stored else request.after
        return EventPage(
            data=[orjson.loads(happened.body) for happened in stored],
            pagination=EventCursor(
                limit=request.limit, has_more=reached < head, next_after=reached, head=head
            ),
        )

    @operation(
        "event.subscribe",
        permission=Permission.EVENT_READ,
        on="session_id",
        on_connect=True,
        errors=(NotFound,),
    )
    async def subscribe(
        self, caller: Caller, request: EventSubscribe, connection: Connection
    ) -> Subscription:
        """Follow a session on this socket: what came after `lastSeq` first, then what happens from now on."""
        connection.follow(request.session_id, after=request.last_seq)
        head = await self.engine.log.head(request.session_id)
        return Subscription(session_id=request.session_id, following=True, head=head)

    @operation(
        "event.unsubscribe",
        permission=Permission.EVENT_READ,
        on="session_id",
        errors=(NotFound,),
    )
    async def unsubscribe(
        self, caller: Caller, request: EventUnsubscribe, connection: Connection
    ) -> Subscription:
        """Stop following a session on this socket."""
        connection.unfollow(request.session_id)
        head = await self.engine.log.head(request.session_id)
        return Subscription(session_id=request.session_id, following=False, head=head)
