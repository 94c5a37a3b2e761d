"""The raw WebSocket door, `/ws/{session_id}`: a session's events in S3's words. Source: S3; RFC 6455."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Final

from aiohttp import WSCloseCode, WSMsgType, web

from engine.events.hub import Hub
from engine.events.log import EventLog
from handlers.dialects.crogia.endpoint import refuse
from handlers.dialects.crogia.events import EventStream
from handlers.operation import Registry
from handlers.pipeline import Pipeline
from handlers.refusals import log_refusal
from models.clock import now
from models.error import AppError
from models.event import EventSubscribe, LogReset, StoredEvent
from models.identifier import SessionId
from models.session import SessionDeletedEvent
from models.settings import SocketSettings
from models.user import Caller
from server.doors.frames import text_frame
from server.doors.rest import REQUEST_ID, respond_with
from server.doors.subscriber import Subscriber
from server.identity import Identity

MAX_MESSAGE_BYTES: Final = 65_536
"""S3's clients send nothing; what they send all the same is read and left."""


CURSOR: Final = ("lastSeq", "lastEventId")
QUIET_S: Final = 0.5
"""How long a session has been quiet before the completions that were held back are told."""


class Follower:
    """One connection: the `Connection` of its subscription and the `Outlet` of its events."""

    def __init__(self, door: WebSocketDoor, request: web.Request) -> None:
        self._door = door
        self._request = request
        self._stream = EventStream(is_new=not any(name in request.query for name in CURSOR))
        self._quiet: asyncio.TimerHandle | None = None
        self._wanted: tuple[SessionId, int | None] | None = None
        self._subscriber: Subscriber | None = None
        self._limit: asyncio.Timeout | None = None
        self.is_over = False
        """Nothing more will be told of the session: it has been deleted."""

    def follow(self, session_id: SessionId, *, after: int | None, reset: LogReset | None = None) -> None:
        """S3 has no word for a reset: its clients are given the log anew."""
        self._wanted = (session_id, after)

    def unfollow(self, session_id: SessionId) -> None:
        self._wanted = None

    def begin(self) -> None:
        """The connection is open: events may be written from now on."""
        if self._wanted is not None:
            session_id, after = self._wanted
            self._subscriber = Subscriber(session_id, self, self._door.log, self._door.hub, after=after)

    def ends(self, limit: asyncio.Timeout) -> None:
        """The connection is read from until this runs out; it does with the session."""
        self._limit = limit
        if self.is_over:
            limit.reschedule(0)

    def end(self) -> None:
        """The client is gone."""
        if self._subscriber is not None:
            self._subscriber.close()
        if self._quiet is not None:
            self._quiet.cancel()

    def write(self, stored: StoredEvent) -> bool:
        transport = self._request.transport
        if transport is None or transport.is_closing():
            return True  # the client is gone; the reading side is about to notice
        if transport.get_write_buffer_size() > self._door.settings.max_buffered_bytes:
            return False
        for said in self._stream.render(stored):
            transport.write(text_frame(said))
        if stored.type == SessionDeletedEvent.name:
            self._release()
            self.is_over = True
            if self._limit is not None:
                self._limit.reschedule(0)
            return True
        self._await_quiet()
        return True

    def _await_quiet(self) -> None:
        """Have held completions told once nothing has happened for a moment."""
        if self._quiet is not None:
            self._quiet.cancel()
            self._quiet = None
        if self._stream.holds:
            self._quiet = asyncio.get_running_loop().call_later(QUIET_S, self._release)

    def _release(self) -> None:
        self._quiet = None
        transport = self._request.transport
        if transport is not None and not transport.is_closing():
            for said in self._stream.release():
                transport.write(text_frame(said))

    def abandon(self) -> None:
        if self._request.transport is not None:
            self._request.transport.abort()

    async def drained(self) -> None:
        if self._request.transport is None:
            raise ConnectionResetError("the client is gone")
        await self._request.writer.drain()


class WebSocketDoor:
    """Follows sessions over plain WebSockets, through the same declared operation as Socket.IO."""

    def __init__(
        self,
        registry: Registry,
        pipeline: Pipeline,
        identity: Identity,
        log: EventLog,
        hub: Hub,
        settings: SocketSettings,
    ) -> None:
        self.log = log
        self.hub = hub
        self.settings = settings
        self._subscribe = next(found for found in registry.values() if found.request is EventSubscribe)
        self._pipeline = pipeline
        self._identity = identity
        self._open: set[web.WebSocketResponse] = set()

    def add_routes(self, app: web.Application) -> None:
        """Mount the door."""
        app.router.add_get("/ws/{session_id}", self._serve)

    async def close(self) -> None:
        """Tell every client that the server goes away."""
        closing = [socket.close(code=WSCloseCode.GOING_AWAY) for socket in self._open]
        await asyncio.gather(*closing, return_exceptions=True)

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        follower = Follower(self, request)
        try:
            caller = await self._identity.of_request(request, request[REQUEST_ID])
            await self._admit(request, caller, follower)
        except AppError as failure:
            log_refusal(failure, request[REQUEST_ID], path=request.path, address=request.remote)
            return respond_with(failure.status, refuse(failure))
        socket = web.WebSocketResponse(
            protocols=_offered(request),
            heartbeat=self.settings.ping_interval_s,
            max_msg_size=MAX_MESSAGE_BYTES,
            compress=False,
        )
        await socket.prepare(request)
        self._open.add(socket)
        try:
            follower.begin()
            await self._read(socket, caller, follower)
        finally:
            self._open.discard(socket)
            follower.end()
        return socket

    async def _admit(self, request: web.Request, caller: Caller, follower: Follower) -> None:
        """Raises: AppError, if the caller may not follow the session."""
        raw: dict[str, object] = {"sessionId": request.match_info["session_id"]}
        cursor = {name: request.query[name] for name in CURSOR if name in request.query}
        raw.update(EventSubscribe.read_texts(cursor))
        answer = await self._pipeline.answer(self._subscribe, caller, raw, follower)
        if answer.failure is not None:
            raise answer.failure

    async def _read(self, socket: web.WebSocketResponse, caller: Caller, follower: Follower) -> None:
        """Return when the client is gone, its credentials have run out, or the session is deleted."""
        left_s = None if caller.expires_at is None else (caller.expires_at - now()).total_seconds()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(left_s) as limit:
                follower.ends(limit)
                async for message in socket:
                    if message.type is WSMsgType.ERROR:
                        return
                return
        if follower.is_over:
            await socket.close(message=b"the session has been deleted")
        else:
            await socket.close(code=WSCloseCode.POLICY_VIOLATION, message=b"the credentials have expired")


def _offered(request: web.Request) -> list[str]:
    """The subprotocol that bears the token has to be named in the answer. Source: RFC 6455, 4.2.2."""
    offered = request.headers.get("Sec-WebSocket-Protocol", "").split(",")
    return [name.strip() for name in offered if name.strip()]
