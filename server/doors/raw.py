"""What the raw WebSocket doors share: handshakes, credentials, back-pressure, and how connections end.

Source: RFC 6455.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from aiohttp import WSCloseCode, web

from roocode_server.engine.accounts.watch import CredentialWatch
from roocode_server.engine.events.hub import Hub
from roocode_server.engine.events.log import EventLog
from roocode_server.engine.limits.connections import Connections
from roocode_server.engine.monitoring.traffic import Traffic
from roocode_server.engine.sessions.access_watch import AccessWatch
from roocode_server.handlers.dialects.dialect import Operations
from roocode_server.handlers.refusals import log_refusal
from roocode_server.models.error import AppError, TokenExpired
from roocode_server.models.event import LogStart, StoredEvent
from roocode_server.models.identifier import SessionId
from roocode_server.models.login import Renew
from roocode_server.models.settings import SocketSettings
from roocode_server.models.user import Caller, Identity
from roocode_server.server.doors.frames import text_frame
from roocode_server.server.doors.rest import REQUEST_ID, limit_headers, respond_with
from roocode_server.server.doors.subscriber import Subscriber
from roocode_server.server.doors.tenure import CREDENTIALS_ENDED, Tenure
from roocode_server.server.identity import Authenticator, new_request_id

ACCESS_ENDED: Final = 4404
"""The code with which a connection is closed when its session is no longer shared with its caller."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawServices:
    """What the raw doors work with."""

    operations: Operations
    identity: Authenticator
    log: EventLog
    hub: Hub
    watch: CredentialWatch
    access: AccessWatch
    connections: Connections
    traffic: Traffic
    settings: SocketSettings


class RawConnection(ABC):
    """One client on a raw WebSocket: its credentials, and how bytes reach it."""

    def __init__(self, services: RawServices, request: web.Request, caller: Caller) -> None:
        self.caller = caller
        self._services = services
        self._request = request
        self._socket: web.WebSocketResponse | None = None
        self._closing: asyncio.Task[bool] | None = None
        self._tenure = Tenure(
            services.watch, services.settings.renewal_s, expired=self._tell_expired, over=self._show_out
        )

    @abstractmethod
    def render_refusal(self, failure: AppError) -> bytes:
        """An error as this door tells it."""

    @abstractmethod
    def follow(self, session_id: SessionId, *, after: int | None, reset: LogStart | None = None) -> None:
        """Send the session's events: those after `after`, then new ones as they happen."""

    @abstractmethod
    def unfollow(self, session_id: SessionId) -> None:
        """Stop sending the session's events."""

    @abstractmethod
    def write(self, stored: StoredEvent) -> bool:
        """Send an event, or skip one that this door does not know. False if there is no room."""

    def begin(self, socket: web.WebSocketResponse) -> None:
        """The connection is open: events may be written now."""
        self._socket = socket
        self._tenure.begin(self.caller)

    def end(self) -> None:
        """The client has disconnected."""
        self._tenure.end()

    def renew(self, identity: Identity) -> None:
        """Use this credential from now on."""
        self.caller = self.caller.renewed(identity)
        self._tenure.begin(self.caller)

    async def take_credentials(self, said: object) -> bool:
        """Renew the credentials if a message asks for it (`{"token": …}`); return whether it does."""
        if not isinstance(said, dict) or said.keys() != {"token"}:
            return False
        operations = self._services.operations
        renewing = next(name for name, each in operations.registry.items() if each.request is Renew)
        try:
            await operations.ask(renewing, self.calling(), self, said)
        except AppError as failure:
            self.refuse(failure)
        return True

    def calling(self) -> Caller:
        """The caller of the next call."""
        return self.caller.calling(new_request_id())

    def subscribed(self, session_id: SessionId, *, after: int | None) -> Subscriber:
        """A subscription of this connection to a session."""
        return Subscriber(session_id, self, self._services.log, self._services.hub, after=after)

    @property
    def is_gone(self) -> bool:
        """Whether the client is gone; the reading side is about to notice."""
        transport = self._request.transport
        return transport is None or transport.is_closing()

    @property
    def has_room(self) -> bool:
        """Whether events may be sent: the token is valid, and the client reads what it is sent."""
        transport = self._request.transport
        if self._tenure.is_expired or transport is None:
            return False
        return transport.get_write_buffer_size() <= self._services.settings.max_buffered_bytes

    def send(self, payload: bytes) -> None:
        """Send a message."""
        self.send_frame(text_frame(payload))

    def send_frame(self, frame: bytes) -> None:
        """Send a complete frame."""
        transport = self._request.transport
        if transport is not None and not transport.is_closing():
            transport.write(frame)
            self._services.traffic.sent_bytes += len(frame)

    async def drained(self) -> None:
        """Return once there is room again."""
        await self._tenure.renewed()
        await self.flushed()

    async def flushed(self) -> None:
        """Return once the client has read most of what was sent. Raises: ConnectionError, if it is gone."""
        if self._request.transport is None:
            raise ConnectionResetError("the client is gone")
        await self._request.writer.drain()

    def tell_stop(self) -> None:  # noqa: B027 - most doors have nothing to add
        """Tell the client that the server is stopping, where the close code does not say enough."""

    def abandon(self) -> None:
        """Break the connection off, so that the client reconnects."""
        if self._request.transport is not None:
            self._request.transport.abort()

    def refuse(self, failure: AppError) -> None:
        """Tell the client an error."""
        self.send(self.render_refusal(failure))

    def close(self, code: int, reason: str) -> None:
        """Close the connection, without waiting for the client."""
        if self._socket is not None and self._closing is None:
            closing = self._socket.close(code=code, message=reason.encode())
            self._closing = asyncio.ensure_future(closing)

    def _tell_expired(self) -> None:
        self.refuse(TokenExpired())

    def _show_out(self, failure: AppError) -> None:
        self.close(CREDENTIALS_ENDED, failure.code)


class RawDoor(ABC):
    """Serves one path of raw WebSockets."""

    path: ClassVar[str]

    def __init__(self, services: RawServices) -> None:
        self.services = services
        self._open: dict[web.WebSocketResponse, RawConnection] = {}

    @abstractmethod
    def socket(self, request: web.Request, connection: Any) -> web.WebSocketResponse:
        """The response that a handshake becomes."""

    @abstractmethod
    async def admit(self, request: web.Request, caller: Caller) -> RawConnection:
        """The connection of a caller. Raises: AppError, if they may not come in."""

    @abstractmethod
    async def converse(self, socket: web.WebSocketResponse, connection: Any) -> None:
        """Read from the connection, until the client has disconnected."""

    @abstractmethod
    def body_of(self, failure: AppError) -> Mapping[str, Any]:
        """The body of the response to a handshake that is refused."""

    def add_routes(self, app: web.Application) -> None:
        """Mount the door."""
        app.router.add_get(self.path, self._serve)

    async def close(self) -> None:
        """Tell all clients that the server is stopping."""
        for connection in self._open.values():
            connection.tell_stop()
        closing = [socket.close(code=WSCloseCode.GOING_AWAY) for socket in self._open]
        await asyncio.gather(*closing, return_exceptions=True)

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        name = object()
        connections = self.services.connections
        try:
            connections.check_room()
            connections.open(name)
            caller = await self.services.identity.of_request(request, request[REQUEST_ID])
            connections.admit(name, caller)
            return await self._follow(request, caller)
        except AppError as failure:
            log_refusal(failure, request[REQUEST_ID], path=request.path, address=request.remote)
            return await self.turn_away(request, failure)
        finally:
            connections.close(name)

    async def turn_away(self, request: web.Request, failure: AppError) -> web.StreamResponse:
        """Refuse a handshake."""
        response = respond_with(failure.status, self.body_of(failure))
        response.headers.update(limit_headers(None, failure))
        return response

    async def _follow(self, request: web.Request, caller: Caller) -> web.StreamResponse:
        """Serve a client until it is gone. Raises: AppError, if it may not come in."""
        connection = await self.admit(request, caller)
        try:
            socket = self.socket(request, connection)
            await socket.prepare(request)
            self._open[socket] = connection
            try:
                connection.begin(socket)
                await self.converse(socket, connection)
            finally:
                del self._open[socket]
        finally:
            connection.end()
        return socket


def offered_protocols(request: web.Request) -> list[str]:
    """The subprotocol with the token, which the answer has to name. Source: RFC 6455, 4.2.2."""
    offered = request.headers.get("Sec-WebSocket-Protocol", "").split(",")
    return [name.strip() for name in offered if name.strip()]
