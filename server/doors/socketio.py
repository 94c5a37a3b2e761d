"""The Socket.IO door: the first one. It knows the registry and no operation by name.

Source: Socket.IO protocol v5; S0, "WebSocket Events". An acknowledgement carries the REST body. Each area
has a namespace with its operations and events; `/` carries all of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from typing import Any, ClassVar, Final

import orjson
import socketio
import structlog
from engineio.payload import Payload
from socketio import packet

from handlers.dialects.dialect import Dialect
from handlers.operation import Operation, Registry
from handlers.pipeline import Answer, Pipeline, answered, refuse
from models.error import AppError, InvalidField, PayloadTooLarge, ServerOverload, UnknownOperation
from models.settings import Settings
from models.user import Caller
from server.doors.clients import Client, Clients
from server.doors.transport import EngineServer
from server.identity import Identity, new_request_id

MAX_ATTACHMENTS: Final = 8
HEADROOM: Final = 2
"""A packet may be this many times larger than a request, so that a request that is too large is answered."""

log = structlog.get_logger("socketio")


class Json:
    """orjson, as python-socketio calls a JSON module."""

    @staticmethod
    def dumps(content: Any, **_: Any) -> str:
        return orjson.dumps(content).decode()

    @staticmethod
    def loads(text: str | bytes, **_: Any) -> Any:
        return orjson.loads(text)


class RefusedEvent(list[Any]):
    """An event that can be read, so that its call is answered, and is not taken."""

    def __init__(self, event: list[Any], failure: AppError) -> None:
        super().__init__(event)
        self.failure = failure


class Packet(packet.Packet):
    """A Socket.IO packet; one that is too large or has attachments bears a refused event."""

    max_request_bytes: ClassVar[int]

    def decode(self, encoded_packet: str) -> int:
        attachments: int = super().decode(encoded_packet)
        if isinstance(self.data, list) and _is_longer(encoded_packet, self.max_request_bytes):
            self.data = RefusedEvent(self.data[:1], PayloadTooLarge(self.max_request_bytes))
        return attachments

    @classmethod
    def reconstruct_binary(cls, data: Any, attachments: list[bytes]) -> Any:
        if not isinstance(data, list):
            return data
        return RefusedEvent(
            data, InvalidField("", "Send binary content as base64; attachments are not taken.")
        )


class MalformedPacket(ValueError):
    """What a client sent is no Socket.IO packet that this server takes."""


class SocketServer(socketio.AsyncServer):
    """python-socketio with its open ends tied up: every call is answered, nothing is dispatched by luck."""

    def __init__(
        self,
        registry: Registry,
        pipeline: Pipeline,
        identity: Identity,
        clients: Clients,
        settings: Settings,
        dialects: Sequence[Dialect],
    ) -> None:
        self._dialects = {dialect.namespace: dialect for dialect in dialects}
        # A client on long polling sends all that waits in one request; engine.io's own bound is 16 packets.
        Payload.max_decode_packets = settings.socket.max_pending_calls * HEADROOM
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
        )
        self._areas: Mapping[str, dict[str, Operation]] = {
            namespace: registry.within(namespace) for namespace in registry.namespaces
        }
        self._handshake = registry.handshake
        self._pipeline = pipeline
        self._identity = identity
        self._clients = clients
        self._max_pending = settings.socket.max_pending_calls
        self._calls: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        """Let the calls under way answer, then close every socket."""
        if self._calls:
            await asyncio.wait(self._calls, timeout=1)
        for call in self._calls:
            call.cancel()
        for engine_id in list(self.eio.sockets):
            await self.eio.disconnect(engine_id)
        await self.shutdown()

    def _engineio_server_class(self) -> type[EngineServer]:
        return EngineServer

    async def _handle_eio_message(self, engine_id: str, data: str | bytes) -> None:  # type: ignore[override]
        """Take one packet; what cannot be read is told to the client, which is then let go."""
        try:
            if isinstance(data, str):
                _check_attachments(data, is_due=engine_id in self._binary_packet)
            await super()._handle_eio_message(engine_id, data)
        except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError) as mistake:
            log.info("malformed packet", engine_id=engine_id, mistake=type(mistake).__name__)
            await self._refuse_packet(engine_id)

    async def _refuse_packet(self, engine_id: str) -> None:
        failure = InvalidField("", "Not a Socket.IO packet that this server takes; the connection is closed.")
        for namespace in self._clients.namespaces_of(engine_id) or ["/"]:
            await self._send_refusal(engine_id, namespace, failure)
        await self.eio.disconnect(engine_id)

    async def _send_refusal(self, engine_id: str, namespace: str, failure: AppError) -> None:
        """CONNECT_ERROR with S0's envelope: `error.data` at the JavaScript client."""
        body = {"message": failure.message, "data": failure.body(new_request_id())}
        await self._send_packet(
            engine_id, self.packet_class(packet.CONNECT_ERROR, data=body, namespace=namespace)
        )

    async def _handle_connect(self, engine_id: str, namespace: str | None, data: Any) -> None:
        """Identify the client, let it into the namespace, and start what it wants to follow."""
        namespace = namespace or "/"
        if self._clients.find(engine_id, namespace) is not None:
            raise MalformedPacket("connected to this namespace already")
        try:
            client = await self._admit(engine_id, namespace, data)
        except AppError as failure:
            await self._send_refusal(engine_id, namespace, failure)
            return
        if engine_id not in self.environ:
            return  # it left while it was being identified
        sid = await self.manager.connect(engine_id, namespace)
        await self._send_packet(
            engine_id, self.packet_class(packet.CONNECT, {"sid": sid}, namespace=namespace)
        )
        self._clients.add(client, lambda: self.disconnect(sid, namespace))

    async def _admit(self, engine_id: str, namespace: str, data: Any) -> Client:
        """The client, if it may come in and may follow what it asks for.

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
        interpreter = dialect.interpreter() if dialect is not None else None
        queue = self.eio.sockets[engine_id].queue
        client = Client(namespace, caller, queue, self._clients, engine_id, interpreter)
        if self._handshake is not None and "sessionId" in asked:
            raw = {name: asked[name] for name in self._handshake.wire_names if name in asked}
            answer = await self._pipeline.answer(self._handshake, caller, raw, client)
            if answer.failure is not None:
                raise answer.failure
            client.remember(raw)
        return client

    async def _handle_event(self, engine_id: str, namespace: str | None, id: int | None, data: Any) -> None:  # noqa: A002
        """Answer one call in a task of its own; calls of one client begin in their order."""
        if not isinstance(data, list) or not data or not isinstance(data[0], str):
            raise MalformedPacket("an event is a list that begins with its name")
        client = self._clients.find(engine_id, namespace or "/")
        if client is None:
            raise MalformedPacket("an event before the namespace was connected")
        call = asyncio.create_task(self._answer_call(client, data, id))
        self._calls.add(call)
        call.add_done_callback(self._calls.discard)

    async def _answer_call(self, client: Client, event: list[Any], call_id: int | None) -> None:
        caller = client.caller_for(new_request_id())
        answer = await self._run(client, caller, event)
        if call_id is not None:
            client.acknowledge(call_id, answer.body)
        elif answer.failure is not None:
            client.tell("error", {**answer.body, "operation": event[0][:100]})

    async def _run(self, client: Client, caller: Caller, event: list[Any]) -> Answer:
        name, *arguments = event
        if client.interpreter is None and name not in self._areas[client.namespace]:
            return refuse(UnknownOperation(name), caller.request_id)
        if isinstance(event, RefusedEvent):
            return refuse(event.failure, caller.request_id)
        if client.pending >= self._max_pending:
            busy = ServerOverload("Too many calls of this client are under way; wait for their answers")
            return refuse(busy, caller.request_id)
        with client.one_more_pending():
            if client.interpreter is not None:
                call = client.interpreter.answer(name, arguments, caller, client)
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


def _check_attachments(data: str, *, is_due: bool) -> None:
    """Binary packets announce their attachments: `51-…`. More than a handful is nobody's honest call."""
    if is_due:
        raise MalformedPacket("text where an attachment is due")
    if data[:1] in ("5", "6"):
        count = data[1:].partition("-")[0]
        if not count.isdigit() or int(count) > MAX_ATTACHMENTS:
            raise MalformedPacket("too many attachments")


def _is_longer(text: str, limit_bytes: int) -> bool:
    """Whether a text takes more bytes than that; a character takes four at most."""
    return len(text) * 4 > limit_bytes and len(text.encode()) > limit_bytes
