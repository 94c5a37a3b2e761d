"""Operations on sessions' event logs: read and follow one or all on this socket. Source: docs/events.md."""

from __future__ import annotations

import orjson

from roocode_server.handlers.connection import Connection, OverviewConnection
from roocode_server.handlers.operation import Handlers, operation
from roocode_server.models.error import NotFound
from roocode_server.models.event import (
    EventCursor,
    EventList,
    EventPage,
    EventSubscribe,
    EventUnsubscribe,
    LogReset,
    Subscription,
)
from roocode_server.models.overview import (
    EventFollow,
    EventUnfollow,
    Overview,
    TimelineCursor,
    TimelineRead,
    TimelineSlice,
)
from roocode_server.models.user import Caller, Permission


class EventHandlers(Handlers, namespace="/sessions"):
    """`event.*`: read a session's log; start and stop following it on a socket."""

    @operation(
        "event.list",
        rest="GET /api/v1/sessions/{sessionId}/events",
        permission=Permission.EVENT_READ,
        on="session_id",
        errors=(NotFound,),
    )
    async def list(self, caller: Caller, request: EventList) -> EventPage:
        """Read the session's events with a `seq` greater than `after`, in order and without gaps.

        If the cursor does not belong to this log (for example because the log was restored from a backup), or
        events after it have been removed, reading starts at the beginning and `pagination.reset` is true.
        `pagination.first` is the `seq` of the first event that is still there.
        """
        log = self.engine.log
        place = await log.place(request.session_id, request.after, request.last_event_id)
        after = place.after or 0
        stored = await log.read(request.session_id, after=after, limit=request.limit)
        head = await log.head(request.session_id)
        reached = stored[-1].seq if stored else after
        data = [orjson.loads(happened.body) for happened in stored]
        return EventPage(
            data=data,
            pagination=EventCursor(
                limit=request.limit,
                has_more=reached < head,
                next_after=reached,
                head=head,
                first=place.first,
                last_event_id=data[-1]["id"] if data else None,
                reset=place.is_reset or None,
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
        """Follow a session on this socket: first everything after `lastSeq`, then new events as they happen.

        `lastEventId` is the more reliable cursor. If the cursor does not belong to this log (for example
        because the log was restored from a backup), or events after it have been removed, `log.reset` comes
        first and then the whole log. If the log is read from its beginning and its first events have been
        removed, `log.cut` comes first.
        """
        log = self.engine.log
        place = await log.place(request.session_id, request.last_seq, request.last_event_id)
        head = await log.head(request.session_id)
        connection.follow(request.session_id, after=place.after, reset=place.notice(head))
        return Subscription(
            session_id=request.session_id,
            following=True,
            head=head,
            last_event_id=await log.id_of(request.session_id, head),
            reset=place.is_reset or None,
        )

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

    @operation("event.follow", permission=Permission.EVENT_READ)
    async def follow(self, caller: Caller, request: EventFollow, connection: OverviewConnection) -> Overview:
        """Follow all your sessions on this socket: their new events, also of sessions that come later.

        `scope` leaves your own or the shared sessions out, `types` names the events. They come once, in one
        order, each with a `cursor`: with the last one seen, everything after it is sent first. If it is none
        of this server's, or too old, `log.reset` comes first and then all events. Of a session that is
        subscribed to by itself, all events are sent, as before. A second call replaces the first.
        """
        timeline = self.engine.log.timeline
        place = await timeline.place(request.cursor)
        reset = LogReset(head=await timeline.head()) if place.is_reset else None
        connection.follow_all(request.scope, request.types, after=place.after, reset=reset)
        return Overview(
            following=True,
            scope=request.scope,
            types=request.types,
            cursor=timeline.cursor(place.after),
            reset=place.is_reset or None,
        )

    @operation(
        "event.read", rest="GET /api/v1/events", permission=Permission.EVENT_READ, ends_with_caller=True
    )
    async def read(self, caller: Caller, request: TimelineRead) -> TimelineSlice:
        """Read the events of all your sessions after a cursor, in the order in which they were stored.

        Continue with `pagination.nextAfter`. If the cursor is none of this server's, or too old, reading
        starts at the beginning and `pagination.reset` is true.
        """
        timeline = self.engine.log.timeline
        place = await timeline.place(request.after)
        page = await timeline.read(caller.user_id, request.scope, after=place.after, limit=request.limit)
        return TimelineSlice(
            data=[orjson.loads(placed.body) for placed in page.events],
            pagination=TimelineCursor(
                limit=request.limit,
                has_more=page.reached < page.head,
                next_after=page.cursor,
                reset=place.is_reset or None,
            ),
        )

    @operation("event.unfollow", permission=Permission.EVENT_READ)
    async def unfollow(
        self, caller: Caller, request: EventUnfollow, connection: OverviewConnection
    ) -> Overview:
        """Stop following all sessions on this socket; those subscribed to by themselves go on."""
        connection.unfollow_all()
        return Overview(following=False)
