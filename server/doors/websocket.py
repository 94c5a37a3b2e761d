"""The raw WebSocket door, `/ws/{session_id}`: a session's events in S3's words. Source: S3; RFC 6455."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from typing import Any, Final

import orjson
from aiohttp import WSMsgType, web

from roocode_server.handlers.dialects.crogia.endpoint import refuse
from roocode_server.handlers.dialects.crogia.events import CrogiaEventStream
from roocode_server.models.clock import format_time, now
from roocode_server.models.error import AppError
from roocode_server.models.event import EventSubscribe, LogStart, StoredEvent
from roocode_server.models.identifier import SessionId
from roocode_server.models.session import SessionDeletedEvent
from roocode_server.models.user import Caller, Permission
from roocode_server.server.doors.json import decode
from roocode_server.server.doors.raw import (
    ACCESS_ENDED,
    RawConnection,
    RawDoor,
    RawServices,
    offered_protocols,
)
from roocode_server.server.doors.subscriber import Subscriber
from roocode_server.server.identity import query_of

MAX_MESSAGE_BYTES: Final = 65_536
"""The largest message of a client.

S3's clients send nothing; messages other than `{"token": …}` are ignored.
"""

CURSOR: Final = ("lastSeq", "lastEventId")
QUIET_BEFORE_COMPLETION_S: Final = 0.5
"""For how long a session must be quiet before completions that were held back are sent."""


class WebSocketFollower(RawConnection):
    """One connection that follows a session."""

    def __init__(self, services: RawServices, request: web.Request, caller: Caller) -> None:
        super().__init__(services, request, caller)
        self._stream = CrogiaEventStream(is_new=not any(name in query_of(request) for name in CURSOR))
        self._quiet: asyncio.TimerHandle | None = None
        self._wanted: tuple[SessionId, int | None] | None = None
        self._subscriber: Subscriber | None = None
        self._limit: asyncio.Timeout | None = None
        self.is_over = False
        """Mark the session as deleted: no more events will follow."""
        self._stop_watching: Callable[[], None] | None = None
        self._refusal: AppError | None = None

    def follow(self, session_id: SessionId, *, after: int | None, reset: LogStart | None = None) -> None:
        """Subscribe. S3 knows no reset: after one, its clients are simply sent all that is there."""
        self._wanted = (session_id, after)
        self._stop_watching = self._services.access.follow(
            session_id, self.caller, Permission.EVENT_READ, self._shut_out
        )

    def unfollow(self, session_id: SessionId) -> None:
        """Stop sending the session's events."""
        self._wanted = None
        if self._subscriber is not None:
            self._subscriber.close()

    def begin(self, socket: web.WebSocketResponse) -> None:
        """The connection is open: events may be written now."""
        super().begin(socket)
        if self._refusal is not None:
            self._shut_out(self._refusal)
        if self._wanted is not None:
            session_id, after = self._wanted
            self._subscriber = self.subscribed(session_id, after=after)

    def ends(self, limit: asyncio.Timeout) -> None:
        """Read from the connection until this timeout expires, which it does when the session ends."""
        self._limit = limit
        if self.is_over:
            limit.reschedule(0)

    def end(self) -> None:
        """The client has disconnected."""
        super().end()
        if self._stop_watching is not None:
            self._stop_watching()
        if self._subscriber is not None:
            self._subscriber.close()
        if self._quiet is not None:
            self._quiet.cancel()

    def write(self, stored: StoredEvent) -> bool:
        """Send an event in S3's form, or skip it. False if the client's buffer is full."""
        if self.is_gone:
            return True
        if not self.has_room:
            return False
        for said in self._stream.render(stored):
            self.send(said)
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
        if not self.is_gone:
            for said in self._stream.release():
                self.send(said)

    def render_refusal(self, failure: AppError) -> bytes:
        """An error in S3's form."""
        said = {"type": "error", "message": f"{failure.message} ({failure.code})"}
        return orjson.dumps({**said, "timestamp": format_time(now())})

    def _shut_out(self, refusal: AppError) -> None:
        """The access to the session has been taken away."""
        self._refusal = refusal
        if self._wanted is not None:
            self.unfollow(self._wanted[0])
        self.close(ACCESS_ENDED, refusal.code)


class WebSocketDoor(RawDoor):
    """Follows sessions over plain WebSockets, through the same declared operation as Socket.IO."""

    path = "/ws/{session_id}"

    def __init__(self, services: RawServices) -> None:
        super().__init__(services)
        registry = services.operations.registry
        self._subscribe = next(name for name, each in registry.items() if each.request is EventSubscribe)

    def socket(self, request: web.Request, connection: WebSocketFollower) -> web.WebSocketResponse:
        """A WebSocket on which clients say little."""
        return web.WebSocketResponse(
            protocols=offered_protocols(request),
            heartbeat=self.services.settings.ping_interval_s,
            max_msg_size=MAX_MESSAGE_BYTES,
            compress=False,
        )

    async def admit(self, request: web.Request, caller: Caller) -> WebSocketFollower:
        """Raises: AppError, if the caller may not follow the session."""
        raw: dict[str, Any] = {"sessionId": request.match_info["session_id"]}
        query = query_of(request)
        cursor = {name: query[name] for name in CURSOR if name in query}
        raw.update(EventSubscribe.read_texts(cursor))
        follower = WebSocketFollower(self.services, request, caller)
        try:
            await self.services.operations.ask(self._subscribe, caller, follower, raw)
        except BaseException:
            follower.end()
            raise
        return follower

    async def converse(self, socket: web.WebSocketResponse, connection: WebSocketFollower) -> None:
        """Return when the client has disconnected or the session is deleted."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(None) as limit:
                connection.ends(limit)
                async for message in socket:
                    if message.type is WSMsgType.ERROR:
                        return
                    if message.type is WSMsgType.TEXT:
                        await _take(connection, message.data)
                return
        await socket.close(message=b"the session has been deleted")

    def body_of(self, failure: AppError) -> Mapping[str, Any]:
        """An error in S3's form."""
        return refuse(failure)


async def _take(follower: WebSocketFollower, text: str) -> None:
    """Renew the credentials if the message asks for it; ignore any other."""
    with contextlib.suppress(AppError):
        await follower.take_credentials(decode(text.encode()))
