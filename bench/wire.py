"""A Socket.IO client with hand-made WebSocket frames: it costs little and favours no server.

Source: RFC 6455; Engine.IO protocol v4; Socket.IO protocol v5.
"""

from __future__ import annotations

import asyncio
import base64
import itertools
import os
from collections.abc import Callable, Mapping
from typing import Any, Final, cast
from urllib.parse import urlsplit

import orjson

CONNECT_TIMEOUT_S: Final = 30
ANSWER_TIMEOUT_S: Final = 30
AT_ONCE: Final = 50
CLOSED: Final = "the server closed the connection"

_PING, _CONNECTED, _REFUSED, _EVENT, _ANSWER = b"2", b"40", b"44", b"42", b"43"


class Refused(Exception):
    """The server refused a client or closed its connection."""


class Client(asyncio.Protocol):
    """One connection in the namespace `/`. It counts events, and hands answers to waiting calls."""

    def __init__(self, host: str, auth: Mapping[str, Any]) -> None:
        loop = asyncio.get_running_loop()
        self.connected: asyncio.Future[None] = loop.create_future()
        self.events = 0
        self.last_event = b""
        self.on_answer: Callable[[bytes], None] | None = None
        self.on_event: Callable[[], None] | None = None
        self._host = host
        self._auth = auth
        self._rest = b""
        self._upgraded = False
        self._answers: dict[bytes, asyncio.Future[bytes]] = {}
        self._ids = itertools.count(1)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        key = base64.b64encode(os.urandom(16)).decode()
        self._transport.write(
            f"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: {self._host}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )

    def connection_lost(self, failure: Exception | None) -> None:
        lost = Refused(CLOSED)
        if not self.connected.done():
            self.connected.set_exception(lost)
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(lost)

    def data_received(self, data: bytes) -> None:
        if self._rest:
            data, self._rest = self._rest + data, b""
        if self._upgraded:
            self._take_frames(data)
        elif b"\r\n\r\n" in data:
            self._upgraded = True
            self._take_frames(data.partition(b"\r\n\r\n")[2])
        else:
            self._rest = data

    async def call(self, name: str, argument: Any) -> Any:
        """The decoded acknowledgement. Raises: Refused, if it is an error; TimeoutError."""
        if self._transport.is_closing():
            raise Refused(CLOSED)
        number = str(next(self._ids)).encode()
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        self.send(call_frame(name, argument, number))
        async with asyncio.timeout(ANSWER_TIMEOUT_S):
            (body,) = orjson.loads(await answer)
        if "error" in body:
            raise Refused(f"{name}: {body['error']}")
        return body

    def send(self, frame: bytes) -> None:
        """Send a prepared frame."""
        self._transport.write(frame)

    def close(self) -> None:
        self._transport.close()

    def _take_frames(self, data: bytes) -> None:
        position, end = 0, len(data)
        while end - position >= 2:
            length, start = data[position + 1], position + 2
            if length == 126:
                length, start = int.from_bytes(data[start : start + 2], "big"), start + 2
            elif length == 127:
                length, start = int.from_bytes(data[start : start + 8], "big"), start + 8
            if start + length > end:
                break
            position = start + length
            self._take(data[start:position])
        self._rest = data[position:]

    def _take(self, payload: bytes) -> None:
        kind = payload[:2]
        if kind == _EVENT:
            self.events += 1
            self.last_event = payload
            if self.on_event is not None:
                self.on_event()
        elif kind == _ANSWER:
            self._take_answer(payload)
        elif kind == _PING:
            self.send(text_frame(b"3"))
        elif kind == _CONNECTED:
            self.connected.set_result(None)
        elif kind == _REFUSED and not self.connected.done():
            self.connected.set_exception(Refused(payload.decode()))
        elif payload[:1] == b"0":
            self.send(text_frame(b"40" + orjson.dumps(self._auth)))

    def _take_answer(self, payload: bytes) -> None:
        if self.on_answer is not None:
            self.on_answer(payload)
            return
        number, _, body = payload[2:].partition(b"[")
        answer = self._answers.pop(number)
        if not answer.done():  # waiting calls must not wait for ever
            answer.set_result(b"[" + body)


def text_frame(payload: bytes) -> bytes:
    """Return a client's text frame. Its mask is zero, which leaves the payload unchanged."""
    length = len(payload)
    if length < 126:
        head = bytes((0x81, 0x80 | length))
    elif length < 65_536:
        head = bytes((0x81, 0xFE)) + length.to_bytes(2, "big")
    else:
        head = bytes((0x81, 0xFF)) + length.to_bytes(8, "big")
    return head + bytes(4) + payload


def call_frame(name: str, argument: Any, number: bytes) -> bytes:
    """Return an event that asks for an acknowledgement."""
    return text_frame(b"42" + number + orjson.dumps([name, argument]))


async def connect(
    url: str, auth: Mapping[str, Any], listen: Callable[[Client], None] = lambda _: None
) -> Client:
    """Return a connected client. `listen` is given it before it connects: events may come with the answer.

    Raises: Refused, OSError, TimeoutError.
    """
    address = urlsplit(url)
    loop = asyncio.get_running_loop()

    def made() -> Client:
        client = Client(address.netloc, auth)
        listen(client)
        return client

    async with asyncio.timeout(CONNECT_TIMEOUT_S):
        _, client = await loop.create_connection(made, address.hostname or "", address.port or 80)
        await client.connected
    return client


async def connect_many(url: str, auth: Mapping[str, Any], count: int) -> list[Client]:
    """Connect many clients, with a limited number of handshakes at a time."""
    clients: list[Client] = []
    while len(clients) < count:
        batch = min(AT_ONCE, count - len(clients))
        clients += await asyncio.gather(*(connect(url, auth) for _ in range(batch)))
    return clients
