"""Events as answers that do not end. Available over REST only."""

from __future__ import annotations

from roocode_server.handlers.operation import Handlers, Streams, operation
from roocode_server.handlers.stream import EventOutput
from roocode_server.models.error import NotFound, RateLimitExceeded, ServerOverload
from roocode_server.models.event import LogReset
from roocode_server.models.event_stream import EVENT_STREAM, EventStreamClosed, EventStreamOpen, EventTail
from roocode_server.models.user import Caller, Permission


class EventStreamHandlers(Handlers, namespace="/sessions"):
    """`event.stream`, `event.tail`: the events of a session, or of all, as Server-Sent Events."""

    @operation(
        "event.stream",
        rest="GET /api/v1/sessions/{sessionId}/events/stream",
        permission=Permission.EVENT_READ,
        on="session_id",
        streams=Streams(download=(EVENT_STREAM,)),
        errors=(NotFound, RateLimitExceeded, ServerOverload),
    )
    async def stream(
        self, caller: Caller, request: EventStreamOpen, output: EventOutput
    ) -> EventStreamClosed:
        """Follow a session as Server-Sent Events: what follows the cursor, then new events as they happen.

        The cursor is `lastEventId`, or the header `Last-Event-ID`, which browsers send when they reconnect;
        or `lastSeq`. Without one, new events alone are sent. If the cursor does not belong to this log, or
        events after it have been removed, `log.reset` comes first and then the whole log; `log.cut`, if the
        log is read from its beginning and its first events have been removed. The last event, `end`, says why
        the stream ends.
        """
        log, session_id = self.engine.log, request.session_id
        place = await log.place(session_id, request.last_seq, request.last_event_id)
        head = await log.head(session_id)
        after = head if place.after is None else place.after
        await output.follow(
            session_id,
            after=after,
            cursor=await log.id_of(session_id, after),
            types=request.types,
            reset=place.notice(head),
        )
        return EventStreamClosed()

    @operation(
        "event.tail",
        rest="GET /api/v1/events/stream",
        permission=Permission.EVENT_READ,
        streams=Streams(download=(EVENT_STREAM,)),
        errors=(RateLimitExceeded, ServerOverload),
    )
    async def tail(self, caller: Caller, request: EventTail, output: EventOutput) -> EventStreamClosed:
        """Follow all your sessions as Server-Sent Events: what follows the cursor, then new events.

        The cursor is `lastEventId`, or the header `Last-Event-ID`, which browsers send when they reconnect.
        Without one, new events alone are sent. If it is none of this server's, or too old, `log.reset` comes
        first and then all events. The last event, `end`, says why the stream ends.
        """
        timeline = self.engine.log.timeline
        place = await timeline.place(request.last_event_id)
        reset = LogReset(head=await timeline.head()) if place.is_reset else None
        await output.follow_all(
            request.scope,
            after=place.after,
            cursor=timeline.cursor(place.after),
            types=request.types,
            reset=reset,
        )
        return EventStreamClosed()
