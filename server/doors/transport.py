"""Engine.IO with packets written straight to the WebSocket, without a queue and a task for each client.

python-engineio gives each client a queue, and a task that empties it. For a WebSocket client that costs more
than sending, and the queue has no bound. `PacketQueue` replaces it: once a WebSocket is attached, a packet is
framed and written at once, in order, and a frame made for many clients is written as it is. A client on long
polling keeps the queue, with a limit on events.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Awaitable, Callable
from typing import Any, Final

import engineio
import orjson
import structlog
from aiohttp import web
from engineio import exceptions, packet
from engineio.async_socket import AsyncSocket

from roocode_server.engine.monitoring.traffic import Traffic
from roocode_server.models.error import InvalidField
from roocode_server.server.doors.bodies import BodyLimits, read_body
from roocode_server.server.doors.frames import payload_of, text_frame
from roocode_server.server.identity import new_request_id

POLLING_PACKETS: Final = 256
MOST_PACKETS: Final = 10_000
"""The most packets in one request, so that a client's backlog does not keep others waiting."""
UPGRADE: Final = str(packet.UPGRADE)
MESSAGE: Final = str(packet.MESSAGE)
NOOP: Final = str(packet.NOOP)
PROBE: Final = f"{packet.PING}probe"
FROM_CLIENTS: Final = frozenset(map(str, (packet.CLOSE, packet.PONG, packet.UPGRADE, packet.NOOP)))
"""What clients send other than messages; a probe is only sent before an upgrade."""
BASE64: Final = "b"
PACKET_SEPARATOR: Final = "\x1e"

log = structlog.get_logger("socketio")


class PacketQueue(asyncio.Queue[Any]):
    """Takes the place of engine.io's queue: a real queue for long polling, the transport for a WebSocket."""

    def __init__(self, max_buffered_bytes: int, traffic: Traffic) -> None:
        super().__init__()
        self._max_buffered_bytes = max_buffered_bytes
        self._traffic = traffic
        self._request: web.Request | None = None
        self._transport: asyncio.WriteTransport | None = None

    def attach(self, request: web.Request) -> None:
        """Write to this connection from now on, starting with the packets that are waiting."""
        waiting = []
        while not self.empty():
            waiting.append(self.get_nowait())
            self.task_done()
        self._request = request
        self._transport = request.transport
        for item in waiting:
            self._put_now(item)

    async def put(self, item: Any) -> None:
        """Queue a packet, or write it at once if a WebSocket is attached."""
        self._put_now(item)

    @property
    def is_polled(self) -> bool:
        """Whether the client is on long polling."""
        return self._request is None

    @property
    def has_room(self) -> bool:
        """Whether the client accepts an event now. True if it is gone, which engine.io is about to notice."""
        if self._request is None:
            return self.qsize() < POLLING_PACKETS
        transport = self._transport
        if transport is None or transport.is_closing():
            return True
        return transport.get_write_buffer_size() <= self._max_buffered_bytes

    def write_frame(self, frame: bytes) -> bool:
        """Send an encoded and framed packet. False if the client's buffer is full."""
        if not self.has_room:
            return False
        if self._request is None:
            self.write_payload(payload_of(frame))
        else:
            self._write(frame)
        return True

    def write_payload(self, payload: bytes) -> None:
        """Send an encoded engine.io message, even if the buffer is full."""
        if self._request is None:
            self.put_nowait(packet.Packet(packet.MESSAGE, data=payload[1:].decode()))
        else:
            self._write(text_frame(payload))

    def abort(self) -> bool:
        """Break off the WebSocket connection. False for a client on long polling, which has none."""
        if self._request is None:
            return False
        if self._transport is not None:
            self._transport.abort()
        return True

    async def drained(self) -> None:
        """Return once the client has read what was sent. Raises: ConnectionError, if it is gone."""
        if self._request is None:
            await self.join()
            return
        if self._request.transport is None:
            raise ConnectionResetError("the client is gone")
        await self._request.writer.drain()

    def _put_now(self, item: Any) -> None:
        """Write a packet. None and pings still go through engine.io's own task, which depends on them."""
        if self._request is None or item is None or item.packet_type == packet.PING:
            self.put_nowait(item)
        else:
            self._write(text_frame(item.encode().encode()))
            if item.packet_type == packet.CLOSE:
                self.put_nowait(None)  # clients on WebSocket wait for the end of the connection itself

    def _write(self, frame: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(frame)
            self._traffic.sent_bytes += len(frame)


class WebSocketDriver:
    """One WebSocket, as python-engineio expects it. Uncompressed: frames are shared between clients."""

    def __init__(self, handler: Any, server: EngineServer) -> None:
        self._handler = handler
        self._server = server
        self._engine_id: str = handler.__self__.sid
        self._queue: PacketQueue = handler.__self__.queue
        self._is_upgrade: bool = handler.__self__.connected
        self._is_probed = False
        self._socket = web.WebSocketResponse(
            max_msg_size=server.max_http_buffer_size, compress=False, autoclose=True
        )

    async def __call__(self, environ: dict[str, Any]) -> web.WebSocketResponse:
        """Serve the connection to its end. Raises: InvalidField, if another WebSocket is taking its place."""
        request: web.Request = environ["aiohttp.request"]
        if self._handler.__self__.upgrading:
            raise InvalidField("sid", "The connection is already being upgraded.")
        await self._socket.prepare(request)
        self._request = request
        if not self._is_upgrade:
            self._queue.attach(request)
        await self._handler(self)
        return self._socket

    async def close(self) -> None:
        await self._socket.close()

    async def send(self, message: str) -> None:
        """Send one encoded packet."""
        await self._socket.send_str(message)

    async def wait(self) -> str | bytes:
        """The next packet for engine.io itself. Messages are handled here.

        Engine.io would start a task and a timer for each message; its time limit is enforced through pongs
        instead. While a client does not read what it is sent, nothing is read from it.
        """
        if self._is_upgrade:
            return await self._wait_for_upgrade()
        while not self._handler.__self__.closed:
            if self._request.transport is not None:
                await self._request.writer.drain()
            received: object = (await self._socket.receive()).data
            if isinstance(received, str):
                if received[:1] in FROM_CLIENTS:
                    return received
                if received[:1] != MESSAGE:
                    raise OSError("not a packet of engine.io")
                received = received[1:]
            elif not isinstance(received, bytes):
                raise OSError("the WebSocket was closed")
            await self._server.hand_on(self._engine_id, received)
        raise OSError("the connection was closed")

    async def _wait_for_upgrade(self) -> str:
        """The probe or the upgrade. Anything else ends the upgrade, and long polling continues."""
        received: object = (await self._socket.receive()).data
        if received == PROBE and not self._is_probed:
            self._is_probed = True
            return PROBE
        if received == UPGRADE and self._is_probed:
            self._queue.attach(self._request)
            self._is_upgrade = False
            return UPGRADE
        return NOOP


class EngineServer(engineio.AsyncServer):
    """python-engineio with the queue and the driver above."""

    def __init__(
        self,
        *arguments: Any,
        max_buffered_bytes: int,
        traffic: Traffic,
        bounds_of: Callable[[str], BodyLimits],
        room_for: Callable[[str], Awaitable[None]],
        check_room: Callable[[], None],
        **options: Any,
    ) -> None:
        """`bounds_of` returns the limits of a connection's posts; `room_for` returns once it may call again;
        `check_room` raises an AppError if no further connection is accepted.
        """
        super().__init__(*arguments, **options)
        self._max_buffered_bytes = max_buffered_bytes
        self._traffic = traffic
        self._bounds_of = bounds_of
        self._room_for = room_for
        self._check_room = check_room
        self._async = {**(self._async or {}), "websocket": WebSocketDriver}

    def create_queue(self, *_: Any, **__: Any) -> PacketQueue:
        """The `PacketQueue` of a new client."""
        return PacketQueue(self._max_buffered_bytes, self._traffic)

    async def handle_request(self, request: web.Request) -> Any:
        """Handle a long-polling request or a WebSocket handshake. Raises: AppError; HTTPException."""
        if request.method == "POST":
            return await self._take(request)
        if "sid" not in request.query:
            self._check_room()
        return await super().handle_request(request)

    async def disconnect(self, sid: str | None = None) -> None:
        """Disconnect a client, without waiting for one on long polling to poll again.

        Its poll is answered with what it has been sent, and the next is refused. With a close packet behind
        them in one payload, the JavaScript client would drop the last events.
        """
        socket = self.sockets.get(sid)
        if socket is None:
            return
        is_polling = socket.queue.is_polled
        await socket.close(wait=False, abort=is_polling, reason=self.reason.SERVER_DISCONNECT)
        self.sockets.pop(sid, None)
        if is_polling:
            socket.queue.put_nowait(None)  # so that a poll that waits is answered

    async def break_off(self, sid: str) -> None:
        """End a connection as a network failure would; the JavaScript client only reconnects after that.

        (A disconnect packet from the server tells it to stay away.)
        """
        socket = self.sockets.get(sid)
        if socket is None:
            return
        if not socket.queue.abort():
            await socket.close(wait=False, abort=True, reason=self.reason.TRANSPORT_CLOSE)
            self.sockets.pop(sid, None)
            socket.queue.put_nowait(None)  # so that a waiting poll is answered; the next one is refused

    async def _take(self, request: web.Request) -> web.Response:
        """Handle a long-polling client's packets; one that sends something else is disconnected."""
        socket = self.sockets.get(request.query.get("sid"))
        if socket is None or socket.closed or not socket.connected or socket.upgraded:
            raise InvalidField("sid", "No connection on long polling has this id.")
        content = await read_body(request, self._bounds_of(socket.sid))
        try:
            for encoded in _packets(content):
                await self._room_for(socket.sid)
                if socket.closed:
                    break
                await self._receive(socket, encoded)
        except (ValueError, exceptions.EngineIOError) as mistake:
            await self.disconnect(socket.sid)
            raise InvalidField("", "This is not an engine.io payload; the connection is closed.") from mistake
        return web.Response(text="ok")

    async def _receive(self, socket: AsyncSocket, encoded: str) -> None:
        """Raises: ValueError, if it is not a packet; EngineIOError, if the connection is closed."""
        kind = encoded[:1]
        if kind == MESSAGE:
            await self.hand_on(socket.sid, encoded[1:])
        elif kind == BASE64:
            await self.hand_on(socket.sid, base64.b64decode(encoded[1:], validate=True))
        elif kind in FROM_CLIENTS:
            await socket.receive(packet.Packet(encoded_packet=encoded))
            if socket.closed:
                await self.disconnect(socket.sid)  # it said goodbye; engine.io would let its poll wait
        else:
            raise ValueError("not a packet of engine.io")

    def _bad_request(self, message: str | None = None) -> dict[str, Any]:
        """A refusal by engine.io, in S0's envelope."""
        failure = InvalidField("", message or "Not an engine.io request.")
        return {
            "status": "400 BAD REQUEST",
            "headers": [("Content-Type", "application/json")],
            "response": orjson.dumps(failure.body(new_request_id())),
        }

    async def hand_on(self, engine_id: str, message: str | bytes) -> None:
        """Process a message; returns when that is done or has failed. Raises nothing but cancellation."""
        try:
            await self.handlers["message"](engine_id, message)
        except Exception:
            log.exception("a message was not read by the client", engine_id=engine_id)


def _packets(content: bytes) -> list[str]:
    """The packets of a payload. Source: Engine.IO protocol v4.

    Raises: ValueError, if it is malformed; InvalidField, if there are too many.
    """
    if content.count(PACKET_SEPARATOR.encode()) >= MOST_PACKETS:
        raise InvalidField("", f"Send at most {MOST_PACKETS} packets at once.")
    return content.decode().split(PACKET_SEPARATOR) if content else []
