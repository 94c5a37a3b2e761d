"""The raw WebSocket door, `/ws/{session_id}`: a session's events in S3's words. Source: S3; RFC 6455."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Final

import orjson
from aiohttp import WSCloseCode, WSMsgType, web

from roocode_server.engine.accounts.watch import CredentialWatch
from roocode_server.engine.events.hub import Hub
from roocode_server.engine.events.log import EventLog
from roocode_server.engine.limits.connections import Connections
from roocode_server.engine.sessions.access_watch import AccessWatch
from roocode_server.handlers.dialects.crogia.endpoint import refuse
from roocode_server.handlers.dialects.crogia.events import CrogiaEventStream
from roocode_server.handlers.operation import Registry
from roocode_server.handlers.pipeline import Pipeline
from roocode_server.handlers.refusals import log_refusal
from roocode_server.models.clock import format_time, now
from roocode_server.models.error import AppError, TokenExpired
from roocode_server.models.event import EventSubscribe, LogReset, StoredEvent
from roocode_server.models.identifier import SessionId
from roocode_server.models.login import Renew
from roocode_server.models.session import SessionDeletedEvent
from roocode_server.models.settings import SocketSettings
from roocode_server.models.user import Caller, Identity, Permission
from roocode_server.server.doors.frames import text_frame
from roocode_server.server.doors.json import decode
from roocode_server.server.doors.rest import REQUEST_ID, limit_headers, respond_with
from roocode_server.server.doors.subscriber import Subscriber
from roocode_server.server.doors.tenure import CREDENTIALS_ENDED, Tenure
from roocode_server.server.identity import Authenticator as Credentials
from roocode_server.server.identity import new_request_id, query_of

MAX_MESSAGE_BYTES: Final = 65_536
"""The largest message of a client.

S3's clients send nothing; messages other than `{"token": …}` are ignored.
"""

ACCESS_ENDED: Final = 4404
"""The code with which a connection is closed when its session is no longer shared with its caller."""
CURSOR: Final = ("lastSeq", "lastEventId")
QUIET_BEFORE_COMPLETION_S: Final = 0.5
"""For how long a session must be quiet before completions that were held back are sent."""


class WebSocketFollower:
    """One connection: its subscription's `Connection` and the `EventSink` of its events."""

    def __init__(self, door: WebSocketDoor, request: web.Request, caller: Caller) -> None:
        self.caller = caller
        self._door = door
        self._request = request
        self._stream = CrogiaEventStream(is_new=not any(name in query_of(request) for name in CURSOR))
        self._quiet: asyncio.TimerHandle | None = None
        self._wanted: tuple[SessionId, int | None] | None = None
        self._subscriber: Subscriber | None = None
        self._limit: asyncio.Timeout | None = None
        self.is_over = False
        """Mark the session as deleted: no more events will follow."""
        self._tenure = Tenure(
            door.watch, door.settings.renewal_s, expired=self._tell_expired, over=self._show_out
        )
        self._stop_watching: Callable[[], None] | None = None
        self._socket: web.WebSocketResponse | None = None
        self._closing: asyncio.Task[bool] | None = None
        self._refusal: AppError | None = None

    def follow(self, session_id: SessionId, *, after: int | None, reset: LogReset | None = None) -> None:
        """Subscribe. S3 knows no reset: after one, its clients are simply sent the whole log."""
        self._wanted = (session_id, after)
        self._stop_watching = self._door.access.follow(
            session_id, self.caller, Permission.EVENT_READ, self._shut_out
        )

    def unfollow(self, session_id: SessionId) -> None:
        """Stop sending the session's events."""
        self._wanted = None
        if self._subscriber is not None:
            self._subscriber.close()

    def renew(self, identity: Identity) -> None:
        """Use this credential from now on."""
        self.caller = self.caller.renewed(identity)
        self._tenure.begin(self.caller)

    def begin(self, socket: web.WebSocketResponse) -> None:
        """The connection is open: events may be written now."""
        self._socket = socket
        self._tenure.begin(self.caller)
        if self._refusal is not None:
            self._shut_out(self._refusal)
        if self._wanted is not None:
            session_id, after = self._wanted
            self._subscriber = Subscriber(session_id, self, self._door.log, self._door.hub, after=after)

    def ends(self, limit: asyncio.Timeout) -> None:
        """Read from the connection until this timeout expires, which it does when the session ends."""
        self._limit = limit
        if self.is_over:
            limit.reschedule(0)

    def end(self) -> None:
        """The client has disconnected."""
        self._tenure.end()
        if self._stop_watching is not None:
            self._stop_watching()
        if self._subscriber is not None:
            self._subscriber.close()
        if self._quiet is not None:
            self._quiet.cancel()

    def write(self, stored: StoredEvent) -> bool:
        """Send an event in S3's form, or skip it. False if the client's buffer is full."""
        transport = self._request.transport
        if transport is None or transport.is_closing():
            return True  # the client is gone; the reading side is about to notice
        if self._tenure.is_expired:
            return False
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
        """Send held completions once the session has been quiet for a moment."""
        if self._quiet is not None:
            self._quiet.cancel()
            self._quiet = None
        if self._stream.holds:
            self._quiet = asyncio.get_running_loop().call_later(QUIET_BEFORE_COMPLETION_S, self._release)

    def _release(self) -> None:
        self._quiet = None
        transport = self._request.transport
        if transport is not None and not transport.is_closing():
            for said in self._stream.release():
                transport.write(text_frame(said))

    def abandon(self) -> None:
        """Break the connection off, so that the client reconnects."""
        if self._request.transport is not None:
            self._request.transport.abort()

    def refuse(self, failure: AppError) -> None:
        """Send the client an error, in S3's form."""
        transport = self._request.transport
        if transport is not None and not transport.is_closing():
            said = {"type": "error", "message": f"{failure.message} ({failure.code})"}
            transport.write(text_frame(orjson.dumps({**said, "timestamp": format_time(now())})))

    def _tell_expired(self) -> None:
        self.refuse(TokenExpired())

    def _show_out(self, failure: AppError) -> None:
        self._close(CREDENTIALS_ENDED, failure)

    def _shut_out(self, refusal: AppError) -> None:
        """The access to the session has been taken away."""
        self._refusal = refusal
        if self._wanted is not None:
            self.unfollow(self._wanted[0])
        self._close(ACCESS_ENDED, refusal)

    def _close(self, code: int, failure: AppError) -> None:
        if self._socket is not None:
            self._closing = asyncio.ensure_future(
                self._socket.close(code=code, message=failure.code.encode())
            )

    async def drained(self) -> None:
        """Return once there is room again."""
        await self._tenure.renewed()
        if self._request.transport is None:
            raise ConnectionResetError("the client is gone")
        await self._request.writer.drain()


class WebSocketDoor:
    """Follows sessions over plain WebSockets, through the same declared operation as Socket.IO."""

    def __init__(
        self,
        registry: Registry,
        pipeline: Pipeline,
        identity: Credentials,
        log: EventLog,
        hub: Hub,
        watch: CredentialWatch,
        access: AccessWatch,
        connections: Connections,
        settings: SocketSettings,
    ) -> None:
        self.log = log
        self.hub = hub
        self.watch = watch
        self.access = access
        self.settings = settings
        self._subscribe = next(found for found in registry.values() if found.request is EventSubscribe)
        self._renew = next(found for found in registry.values() if found.request is Renew)
        self._pipeline = pipeline
        self._identity = identity
        self._connections = connections
        self._open: set[web.WebSocketResponse] = set()

    def add_routes(self, app: web.Application) -> None:
        """Mount the door."""
        app.router.add_get("/ws/{session_id}", self._serve)

    async def close(self) -> None:
        """Tell all clients that the server is stopping."""
        closing = [socket.close(code=WSCloseCode.GOING_AWAY) for socket in self._open]
        await asyncio.gather(*closing, return_exceptions=True)

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        connection = object()
        try:
            self._connections.check_room()
            self._connections.open(connection)
            return await self._follow(request, connection)
        except AppError as failure:
            log_refusal(failure, request[REQUEST_ID], path=request.path, address=request.remote)
            response = respond_with(failure.status, refuse(failure))
            response.headers.update(limit_headers(None, failure))
            return response
        finally:
            self._connections.close(connection)

    async def _follow(self, request: web.Request, connection: object) -> web.StreamResponse:
        """Serve a client until it is gone. Raises: AppError, if it may not come in."""
        caller = await self._identity.of_request(request, request[REQUEST_ID])
        self._connections.admit(connection, caller)
        follower = WebSocketFollower(self, request, caller)
        try:
            await self._admit(request, caller, follower)
            return await self._serve_events(request, follower)
        finally:
            follower.end()

    async def _serve_events(self, request: web.Request, follower: WebSocketFollower) -> web.StreamResponse:
        socket = web.WebSocketResponse(
            protocols=_offered(request),
            heartbeat=self.settings.ping_interval_s,
            max_msg_size=MAX_MESSAGE_BYTES,
            compress=False,
        )
        await socket.prepare(request)
        self._open.add(socket)
        try:
            follower.begin(socket)
            await self._read(socket, follower)
        finally:
            self._open.discard(socket)
        return socket

    async def _admit(self, request: web.Request, caller: Caller, follower: WebSocketFollower) -> None:
        """Raises: AppError, if the caller may not follow the session."""
        raw: dict[str, object] = {"sessionId": request.match_info["session_id"]}
        query = query_of(request)
        cursor = {name: query[name] for name in CURSOR if name in query}
        raw.update(EventSubscribe.read_texts(cursor))
        answer = await self._pipeline.answer(self._subscribe, caller, raw, follower)
        if answer.failure is not None:
            raise answer.failure

    async def _read(self, socket: web.WebSocketResponse, follower: WebSocketFollower) -> None:
        """Return when the client has disconnected or the session is deleted."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(None) as limit:
                follower.ends(limit)
                async for message in socket:
                    if message.type is WSMsgType.ERROR:
                        return
                    if message.type is WSMsgType.TEXT:
                        await self._take(follower, message.data)
                return
        await socket.close(message=b"the session has been deleted")

    async def _take(self, follower: WebSocketFollower, text: str) -> None:
        """Renew the credentials if the message asks for it; ignore any other."""
        try:
            said = decode(text.encode())
        except AppError:
            return
        if isinstance(said, dict) and said.keys() == {"token"}:
            caller = follower.caller.calling(new_request_id())
            answer = await self._pipeline.answer(self._renew, caller, said, follower)
            if answer.failure is not None:
                follower.refuse(answer.failure)


def _offered(request: web.Request) -> list[str]:
    """The subprotocol with the token, which the answer has to name. Source: RFC 6455, 4.2.2."""
    offered = request.headers.get("Sec-WebSocket-Protocol", "").split(",")
    return [name.strip() for name in offered if name.strip()]
