"""The Socket.IO door, the primary one. It knows the registry and no operation by name.

Source: Socket.IO protocol v5; S0, "WebSocket Events". An acknowledgement has the same body as the REST
answer. Each area has a namespace with its operations and events; `/` carries all of them.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from typing import Any, ClassVar, Final

import orjson
import socketio
import structlog
from socketio import packet

from roocode_server.engine.limits.connections import Connections
from roocode_server.engine.monitoring.traffic import Traffic
from roocode_server.handlers.dialects.dialect import Dialect
from roocode_server.handlers.operation import Operation, Registry
from roocode_server.handlers.pipeline import OperationResponse, Pipeline, answered, refuse
from roocode_server.handlers.refusals import log_refusal
from roocode_server.models.error import (
    AppError,
    InvalidField,
    PayloadTooLarge,
    ServerOverload,
    UnknownOperation,
    ValidationFailed,
)
from roocode_server.models.settings import Settings
from roocode_server.models.user import Caller
from roocode_server.server.doors.bodies import OF_STRANGERS_BYTES, BodyLimits
from roocode_server.server.doors.clients import Client, Clients
from roocode_server.server.doors.json import decode
from roocode_server.server.doors.transport import EngineServer
from roocode_server.server.identity import Authenticator, new_request_id

LONGEST_PACKET_HEAD: Final = 1000
"""The head of a packet: its type, namespace and number."""
CALL_PLACE_TIMEOUT_S: Final = 5.0
HEADROOM: Final = 2
"""A packet may be this many times larger than a request, so that a request that is too large is answered."""

log = structlog.get_logger("socketio")


class Json:
    """The JSON module for python-socketio: orjson for output, bounded parsing for input."""

    @staticmethod
    def dumps(content: Any, **_: Any) -> str:
        """JSON text for a value."""
        return orjson.dumps(content).decode()

    @staticmethod
    def loads(text: str, **_: Any) -> Any:
        """Raises: UnreadableJson."""
        try:
            return decode(text.encode())
        except ValidationFailed as failure:
            raise UnreadableJson(failure) from failure


class UnreadableJson(ValueError):
    """Malformed JSON. A ValueError, because Engine.IO uses the same module and expects one."""

    def __init__(self, failure: AppError) -> None:
        super().__init__(failure.message)
        self.failure = failure


class RefusedEvent(list[Any]):
    """An event that cannot be accepted; its call is answered. Equals `[name]`, if that was readable."""

    def __init__(self, failure: AppError, name: str = "") -> None:
        super().__init__([name])
        self.failure = failure


class Packet(packet.Packet):
    """A Socket.IO packet. If its JSON is unreadable it still counts as a packet, and its call is answered.

    Binary attachments are refused with the event that announces them, and ignored when they arrive.
    """

    max_request_bytes: ClassVar[int]

    def decode(self, encoded_packet: str) -> int:
        """Raises: ValueError, if the text is not a packet."""
        try:
            if _is_longer(encoded_packet, self.max_request_bytes):
                self._decode_head(encoded_packet)
                self.data = RefusedEvent(PayloadTooLarge(self.max_request_bytes))
            else:
                super().decode(encoded_packet)
        except UnreadableJson as mistake:
            self.data = RefusedEvent(mistake.failure)
        if self.packet_type == packet.BINARY_ACK:
            self.packet_type = packet.ACK
        elif self.packet_type == packet.BINARY_EVENT:
            self.packet_type = packet.EVENT
            self._refuse(InvalidField("", "Send binary content as base64; attachments are not supported."))
        elif self.packet_type == packet.EVENT and not _is_event(self.data):
            self._refuse(InvalidField("", "An event is a list that begins with its name."))
        return 0

    def _refuse(self, failure: AppError) -> None:
        if not isinstance(self.data, RefusedEvent):
            self.data = RefusedEvent(failure, self.data[0] if _is_event(self.data) else "")

    def _decode_head(self, encoded_packet: str) -> None:
        """Parse everything before the JSON, which begins with a bracket, a brace or a quotation mark."""
        head = encoded_packet[:LONGEST_PACKET_HEAD]
        starts = [found for mark in '[{"' if (found := head.find(mark)) > 0]
        super().decode(head[: min(starts, default=1)])


class MalformedPacket(ValueError):
    """A client sent something that is not a Socket.IO packet, or one that this server does not accept."""


class SocketServer(socketio.AsyncServer):
    """python-socketio with every call answered and no implicit dispatch."""

    def __init__(
        self,
        registry: Registry,
        pipeline: Pipeline,
        identity: Authenticator,
        clients: Clients,
        connections: Connections,
        traffic: Traffic,
        settings: Settings,
        dialects: Sequence[Dialect],
    ) -> None:
        self._dialects = {dialect.namespace: dialect for dialect in dialects}
        super().__init__(
            async_mode="aiohttp",
            json=Json,
            serializer=type("Packet", (Packet,), {"max_request_bytes": settings.server.max_request_bytes}),
            namespaces=[*registry.namespaces, *self._dialects],
            cors_allowed_origins=[],  # the application checks Origin and Host for every door
            max_http_buffer_size=settings.server.max_request_bytes * HEADROOM,
            ping_interval=settings.socket.ping_interval_s,
            ping_timeout=settings.socket.ping_timeout_s,
            max_buffered_bytes=settings.socket.max_buffered_bytes,
            traffic=traffic,
            bounds_of=self._bounds_of,
            room_for=self._room_for,
            check_room=connections.check_room,
        )
        self._connections = connections
        self._known = BodyLimits(
            most_bytes=settings.server.max_request_bytes * HEADROOM,
            within_s=None,
            idle_s=settings.server.idle_timeout_s,
        )
        self._unknown = BodyLimits(
            most_bytes=OF_STRANGERS_BYTES,
            within_s=settings.server.request_timeout_s,
            idle_s=settings.server.request_timeout_s,
        )
        self._request_timeout_s = settings.server.request_timeout_s
        self._areas: Mapping[str, dict[str, Operation]] = {
            namespace: registry.within(namespace) for namespace in registry.namespaces
        }
        self._handshake = registry.handshake
        self._pipeline = pipeline
        self._identity = identity
        self._clients = clients
        clients.break_off_by(self.eio.break_off)
        self._max_pending = settings.socket.max_pending_calls
        self._calls: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        """Let calls under way be answered, then close all sockets."""
        if self._calls:
            await asyncio.wait(self._calls, timeout=1)
        for call in self._calls:
            call.cancel()
        for engine_id in list(self.eio.sockets):
            await self.eio.disconnect(engine_id)
        await self.shutdown()

    async def _handle_eio_connect(self, engine_id: str, environ: dict[str, Any]) -> Any:  # type: ignore[override]
        """A connection was opened. It is closed again if the client does not identify itself in time."""
        self._connections.open(engine_id)
        self._await_namespace(engine_id)
        return await super()._handle_eio_connect(engine_id, environ)

    async def _handle_eio_disconnect(self, engine_id: str, reason: str) -> None:  # type: ignore[override]
        await super()._handle_eio_disconnect(engine_id, reason)
        self._connections.close(engine_id)

    def _await_namespace(self, engine_id: str) -> None:
        loop = asyncio.get_running_loop()
        loop.call_later(self._request_timeout_s, self._end_unknown, engine_id)

    def _end_unknown(self, engine_id: str) -> None:
        if engine_id in self.eio.sockets and not self._clients.knows(engine_id):
            self._clients.end(lambda: self.eio.disconnect(engine_id))

    def _bounds_of(self, engine_id: str) -> BodyLimits:
        return self._known if self._clients.knows(engine_id) else self._unknown

    async def _room_for(self, engine_id: str) -> None:
        """Wait until a client may make another call, so that a backlog of calls is not refused."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CALL_PLACE_TIMEOUT_S):
                for client in self._clients.of(engine_id):
                    while client.pending >= self._max_pending:
                        await client.one_has_ended()

    def _engineio_server_class(self) -> type[EngineServer]:
        return EngineServer

    async def _handle_eio_message(self, engine_id: str, data: str | bytes) -> None:  # type: ignore[override]
        """Handle one packet. Anything else is refused and the connection closed; the client may reconnect."""
        if isinstance(data, bytes):
            return
        try:
            if not data:
                raise MalformedPacket("an empty packet")
            if len(data) > OF_STRANGERS_BYTES and not self._clients.knows(engine_id):
                raise MalformedPacket("too much data from an unauthenticated client")
            await super()._handle_eio_message(engine_id, data)
        except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError) as mistake:
            log.info("malformed packet", engine_id=engine_id, mistake=type(mistake).__name__)
            await self._refuse_packet(engine_id)

    async def _refuse_packet(self, engine_id: str) -> None:
        """Report the reason and close the transport.

        A connected client must not get CONNECT_ERROR or DISCONNECT: clients then assume that they should stay
        away.
        """
        failure = InvalidField(
            "", "Not a Socket.IO packet that this server accepts; the connection is closed."
        )
        clients = self._clients.of(engine_id)
        request_id = new_request_id()
        if clients:
            log_refusal(failure, request_id, engine_id=engine_id)
        for client in clients:
            client.tell("error", failure.body(request_id))
        if not clients:
            await self._send_refusal(engine_id, "/", failure)
        await self.eio.disconnect(engine_id)

    async def _send_refusal(self, engine_id: str, namespace: str, failure: AppError) -> None:
        """CONNECT_ERROR with S0's envelope: `error.data` at the JavaScript client."""
        request_id = new_request_id()
        request = self.environ.get(engine_id, {}).get("aiohttp.request")
        log_refusal(failure, request_id, namespace=namespace, address=request.remote if request else None)
        body = {"message": failure.message, "data": failure.body(request_id)}
        await self._send_packet(
            engine_id, self.packet_class(packet.CONNECT_ERROR, data=body, namespace=namespace)
        )

    async def _handle_connect(self, engine_id: str, namespace: str | None, data: Any) -> None:
        """Identify the client, admit it to the namespace, and start the subscriptions it asked for."""
        namespace = namespace or "/"
        if self._clients.find(engine_id, namespace) is not None:
            raise MalformedPacket("already connected to this namespace")
        try:
            client = await self._admit(engine_id, namespace, data)
        except AppError as failure:
            if not self._clients.knows(engine_id):
                self._connections.release(engine_id)
            await self._send_refusal(engine_id, namespace, failure)
            return
        if engine_id not in self.environ:
            client.close()
            return  # it disconnected while it was being identified
        sid = await self.manager.connect(engine_id, namespace)
        await self._send_packet(
            engine_id, self.packet_class(packet.CONNECT, {"sid": sid}, namespace=namespace)
        )
        self._clients.add(client, lambda: self.eio.disconnect(engine_id))

    async def _admit(self, engine_id: str, namespace: str, data: Any) -> Client:
        """The client, if it may enter the namespace and follow what it asks for.

        Raises: AppError.
        """
        dialect = self._dialects.get(namespace)
        if dialect is None and namespace not in self._areas:
            known = [*self._areas, *self._dialects]
            raise InvalidField("namespace", "No such namespace.", known=known)
        if data is not None and not isinstance(data, dict):
            raise InvalidField("auth", "Expected an object.")
        asked: dict[str, Any] = data or {}
        request = self.environ[engine_id]["aiohttp.request"]
        caller = await self._identity.of_socket(request, asked)
        self._connections.admit(engine_id, caller)
        adapter = dialect.adapter() if dialect is not None else None
        queue = self.eio.sockets[engine_id].queue
        client = Client(namespace, caller, queue, self._clients, engine_id, adapter)
        if self._handshake is not None and "sessionId" in asked:
            raw = {name: asked[name] for name in self._handshake.wire_names if name in asked}
            answer = await self._pipeline.answer(self._handshake, caller, raw, client)
            if answer.failure is not None:
                client.close()
                raise answer.failure
            client.remember(raw["sessionId"], answer.body["head"])
        return client

    async def _handle_event(self, engine_id: str, namespace: str | None, id: int | None, data: Any) -> None:  # noqa: A002
        """Answer one call in its own task. The calls of one client start in order."""
        client = self._clients.find(engine_id, namespace or "/")
        if client is None:
            await self._refuse_outsider(engine_id, namespace or "/", id)
            return
        if client.pending >= self._max_pending:
            busy = ServerOverload("Too many calls of this client are in progress; wait for their answers")
            data = RefusedEvent(busy, data[0])
        call = asyncio.create_task(self._answer_call(client, data, id))
        client.begin(call)
        self._calls.add(call)
        call.add_done_callback(self._calls.discard)

    async def _refuse_outsider(self, engine_id: str, namespace: str, call_id: int | None) -> None:
        """Answer a call in a namespace that the client is not in, or no longer.

        Raises: MalformedPacket, if it is in no namespace at all.
        """
        if not self._clients.knows(engine_id):
            raise MalformedPacket("an event before any namespace was connected")
        if call_id is not None:
            failure = InvalidField("namespace", "Connect to this namespace before making calls in it.")
            request_id = new_request_id()
            log_refusal(failure, request_id, namespace=namespace)
            answer = [failure.body(request_id)]
            await self._send_packet(
                engine_id, self.packet_class(packet.ACK, answer, namespace=namespace, id=call_id)
            )

    async def _answer_call(self, client: Client, event: list[Any], call_id: int | None) -> None:
        caller = client.caller_for(new_request_id())
        answer = await self._run(client, caller, event)
        if call_id is not None:
            client.acknowledge(call_id, answer.body)
        elif answer.failure is not None:
            client.tell("error", {**answer.body, "operation": event[0][:100]})

    async def _run(self, client: Client, caller: Caller, event: list[Any]) -> OperationResponse:
        name, *arguments = event
        if isinstance(event, RefusedEvent):
            return refuse(event.failure, caller.request_id)
        if client.adapter is None and name not in self._areas[client.namespace]:
            return refuse(UnknownOperation(name), caller.request_id)
        if client.adapter is not None:
            call = client.adapter.answer(name, arguments, caller, client)
            return await answered(name, caller.request_id, call)
        if len(arguments) > 1:
            several = InvalidField("", "Expected one object as the only argument.")
            return refuse(several, caller.request_id)
        found = self._areas[client.namespace][name]
        raw = client.with_defaults(found, arguments[0] if arguments else {})
        with client.ending_with_it() if found.ends_with_caller else nullcontext():
            return await self._pipeline.answer(found, caller, raw, client)

    async def _trigger_event(self, event: str, namespace: str, *arguments: Any) -> Any:
        """The base class reports disconnections here; nothing else is dispatched this way."""
        if event == "disconnect":
            engine_id = self.manager.eio_sid_from_sid(arguments[0], namespace)
            self._clients.remove(engine_id, namespace)
            if not self._clients.knows(engine_id):
                self._await_namespace(engine_id)


def _is_event(data: Any) -> bool:
    return isinstance(data, list) and bool(data) and isinstance(data[0], str)


def _is_longer(text: str, limit_bytes: int) -> bool:
    """Whether a text takes more than `limit_bytes` in UTF-8, at most four bytes for each character."""
    return len(text) * 4 > limit_bytes and len(text.encode()) > limit_bytes
