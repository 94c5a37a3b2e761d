"""Events as Server-Sent Events: the plain HTTP door of `event.stream`. Source: WHATWG HTML, 9.2."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, cast

import orjson
import structlog
from aiohttp import HttpVersion11, web

from roocode_server.engine.accounts.watch import CredentialWatch
from roocode_server.engine.events.hub import Hub
from roocode_server.engine.events.log import EventLog
from roocode_server.engine.limits.connections import Connections
from roocode_server.engine.monitoring.traffic import Traffic
from roocode_server.handlers.operation import Operation, Registry
from roocode_server.handlers.pipeline import Pipeline, refuse
from roocode_server.models.error import AppError, NotFound, ServerOverload, TokenExpired
from roocode_server.models.event import EVENTS, LogStart, StoredEvent, notice
from roocode_server.models.event_stream import EVENT_STREAM
from roocode_server.models.identifier import EventId, SessionId
from roocode_server.models.session import SessionDeletedEvent, SessionScope
from roocode_server.models.settings import SocketSettings
from roocode_server.models.user import Caller
from roocode_server.models.webhook import fits_any
from roocode_server.server.doors.overview import Overviews
from roocode_server.server.doors.protocol import HttpConnection
from roocode_server.server.doors.rest import (
    ADD_HEADERS,
    REQUEST_ID,
    Handler,
    check_version,
    parameters,
    respond,
)
from roocode_server.server.doors.subscriber import Subscriber
from roocode_server.server.doors.tenure import Tenure
from roocode_server.server.identity import Authenticator

RECONNECT_AFTER_MS: Final = 2000
HEARTBEAT: Final = b":\n\n"
FRAME_FORM: Final = "sse"
"""The form in `StoredEvent.frames`."""
HEADERS: Final = {
    "Content-Type": EVENT_STREAM,
    "X-Accel-Buffering": "no",  # nginx hands each event on at once, however it is configured
}

log = structlog.get_logger("http")


@dataclass(frozen=True, slots=True, kw_only=True)
class EventStreamServices:
    """What event streams work with. A client that reads nothing for `idle_timeout_s` is broken off."""

    log: EventLog
    hub: Hub
    overviews: Overviews
    watch: CredentialWatch
    connections: Connections
    traffic: Traffic
    settings: SocketSettings
    idle_timeout_s: float


class EventStream:
    """One client that reads events over HTTP: the `EventOutput` of its call, and the sink of its events."""

    def __init__(self, services: EventStreamServices, request: web.Request, caller: Caller) -> None:
        self.response: web.StreamResponse | None = None
        """The answer, once it has been started."""
        self._services = services
        self._request = request
        self._caller = caller
        self._wanted: frozenset[str] = frozenset()
        self._is_of_session = False
        self._failure: AppError | None = None
        self._over = asyncio.Event()
        self._tenure = Tenure(services.watch, 0, expired=lambda: self.end(TokenExpired()), over=self.end)

    async def follow(
        self,
        session_id: SessionId,
        *,
        after: int,
        cursor: EventId | None,
        types: Sequence[str],
        reset: LogStart | None,
    ) -> None:
        """As `EventOutput.follow`."""
        self._is_of_session = True
        self._wanted = frozenset(name for name in EVENTS if fits_any(types, name))
        if not await self._begin(cursor):
            return
        if reset is not None:
            self._send(_message(reset.name, orjson.dumps(notice(reset, session_id))))
        subscriber = Subscriber(session_id, self, self._services.log, self._services.hub, after=after)
        try:
            await self._until_over()
        finally:
            subscriber.close()

    async def follow_all(
        self,
        scope: SessionScope,
        *,
        after: int,
        cursor: str,
        types: Sequence[str],
        reset: LogStart | None,
    ) -> None:
        """As `EventOutput.follow_all`."""
        self._wanted = frozenset(EVENTS)
        if not await self._begin(cursor):
            return
        if reset is not None:
            self._send(_message(reset.name, orjson.dumps(notice(reset))))
        follower = self._services.overviews.follow(self, self._caller, scope, types, after=after)
        try:
            await self._until_over()
        finally:
            follower.close()

    def write(self, stored: StoredEvent) -> bool:
        """As `EventSink.write`. After the last event of a session that is deleted, the stream ends."""
        if self._over.is_set():
            return True
        if not self._has_room:
            return False
        if stored.type in self._wanted:
            self._send(_frame(stored))
        if self._is_of_session and stored.type == SessionDeletedEvent.name:
            self.end(NotFound("session", stored.session_id))
        return True

    async def drained(self) -> None:
        """As `EventSink.drained`."""
        if self._request.transport is None:
            raise ConnectionResetError("the client is gone")
        await self._request.writer.drain()

    def abandon(self) -> None:
        """As `EventSink.abandon`."""
        if self._request.transport is not None:
            self._request.transport.abort()

    def end(self, failure: AppError) -> None:
        """End the stream; its last event says why."""
        if self._failure is None:
            self._failure = failure
        self._over.set()

    async def finish(self, failure: AppError | None) -> None:
        """Send the last event, which tells this failure or why the stream was ended, and end the answer."""
        told = failure or self._failure
        if self.response is None or self._is_gone:
            return
        if told is not None:
            self._send(_message("end", orjson.dumps(told.body(self._request[REQUEST_ID]))))
        try:
            async with asyncio.timeout(self._services.idle_timeout_s):
                await self.response.write_eof()
        except (ConnectionError, TimeoutError):
            self.abandon()

    async def _begin(self, cursor: str | None) -> bool:
        """Start the answer, whose first lines give the cursor; return whether events may follow."""
        response = web.StreamResponse(headers=HEADERS)
        self._request[ADD_HEADERS](response)
        self.response = response
        await response.prepare(self._request)
        if self._request.method == "HEAD":
            return False
        first = f"retry: {RECONNECT_AFTER_MS}\n" + (f"id: {cursor}\n" if cursor is not None else "")
        await response.write(first.encode() + b"\n")
        return True

    async def _until_over(self) -> None:
        """Return once the stream is to end, or its client is gone. Meanwhile, show that it is alive."""
        connection = cast(HttpConnection, self._request.protocol)
        waits = {asyncio.create_task(each.wait()) for each in (connection.gone, self._over)}
        full_for_s, interval_s = 0.0, self._services.settings.ping_interval_s
        self._tenure.begin(self._caller)
        try:
            while True:
                ended, _ = await asyncio.wait(waits, timeout=interval_s, return_when=asyncio.FIRST_COMPLETED)
                if ended or self._is_gone:
                    return
                if self._has_room:
                    full_for_s = 0.0
                    self._send(HEARTBEAT)
                    continue
                full_for_s += interval_s
                if full_for_s > self._services.idle_timeout_s:
                    log.info("a stream of events was not read by the client", path=self._request.path[:200])
                    self.abandon()
        finally:
            self._tenure.end()
            for each in waits:
                each.cancel()

    @property
    def _is_gone(self) -> bool:
        transport = self._request.transport
        return transport is None or transport.is_closing()

    @property
    def _has_room(self) -> bool:
        transport = self._request.transport
        if transport is None:
            return True  # there is nobody to wait for; the reading side is about to notice
        return transport.get_write_buffer_size() <= self._services.settings.max_buffered_bytes

    def _send(self, payload: bytes) -> None:
        """Write some lines at once, as a chunk of the body. Source: RFC 9112, 7.1."""
        transport = self._request.transport
        if transport is None or transport.is_closing():
            return
        if self._request.version >= HttpVersion11:
            payload = b"%x\r\n%b\r\n" % (len(payload), payload)
        transport.write(payload)
        self._services.traffic.sent_bytes += len(payload)


class EventStreamDoor:
    """The routes of the operations whose answers are streams of events."""

    def __init__(
        self, streams: Registry, pipeline: Pipeline, identity: Authenticator, services: EventStreamServices
    ) -> None:
        self._streams = streams
        self._pipeline = pipeline
        self._identity = identity
        self._services = services
        self._open: set[EventStream] = set()

    def add_routes(self, app: web.Application) -> None:
        """Mount all event streams."""
        for declared in self._streams.values():
            if declared.streams is not None and EVENT_STREAM in declared.streams.download:
                assert declared.rest is not None  # noqa: S101
                app.router.add_get(declared.rest.path, self._serve(declared))

    async def close(self) -> None:
        """Tell all clients that the server is stopping."""
        for stream in self._open:
            stream.end(ServerOverload("The server is stopping; reconnect in a moment"))

    def _serve(self, declared: Operation) -> Handler:
        async def serve(request: web.Request) -> web.StreamResponse:
            name, connections = object(), self._services.connections
            try:
                check_version(request)
                connections.check_room()
                connections.open(name)
                caller = await self._identity.of_request(request, request[REQUEST_ID])
                connections.admit(name, caller)
                return await self._stream(declared, request, caller)
            except AppError as failure:
                return respond(
                    refuse(failure, request[REQUEST_ID], operation=declared.name, address=request.remote)
                )
            finally:
                connections.close(name)

        return serve

    async def _stream(self, declared: Operation, request: web.Request, caller: Caller) -> web.StreamResponse:
        stream = EventStream(self._services, request, caller)
        self._open.add(stream)
        try:
            raw = parameters(request, declared.request)
            answer = await self._pipeline.answer(declared, caller, raw, stream)
            if stream.response is None:
                return respond(answer, declared.rest)
            await stream.finish(answer.failure)
            return stream.response
        finally:
            self._open.discard(stream)


def _frame(stored: StoredEvent) -> bytes:
    """The event as a message, made once for all clients. Ephemeral events leave the cursor as it is.

    Of one session, the event's id is the cursor; over all sessions, it has one of its own.
    """
    frame = stored.frames.get(FRAME_FORM)
    if frame is None:
        told = orjson.loads(stored.body) if stored.seq else {}
        cursor = told.get("cursor") or told.get("id")
        stored.frames[FRAME_FORM] = frame = _message(stored.type, stored.body, cursor)
    return frame


def _message(name: str, body: bytes, cursor: str | None = None) -> bytes:
    """One message: a body of JSON has no line breaks."""
    of_cursor = b"" if cursor is None else b"id: %b\n" % cursor.encode()
    return b"%bevent: %b\ndata: %b\n\n" % (of_cursor, name.encode(), body)
