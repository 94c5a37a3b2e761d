"""Engine.IO and Socket.IO by hand, with every byte under the test's control."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Sequence
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from tests.support.server import ServerProcess

SOCKET = "/socket.io/?EIO=4&transport=websocket"
POLLING = "/socket.io/?EIO=4&transport=polling"
PATIENCE_S = 30


class Talker:
    """A WebSocket that speaks Engine.IO; pings are answered while it reads."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.patience_s = PATIENCE_S
        self._last_call = 0

    async def send(self, *packets: str | bytes) -> None:
        for packet in packets:
            if isinstance(packet, bytes):
                await self.socket.send_bytes(packet)
            else:
                await self.socket.send_str(packet)

    async def receive(self) -> str | None:
        """The next packet that is no ping; None once the connection is closed."""
        while True:
            message = await self.socket.receive(timeout=self.patience_s)
            if message.type is not aiohttp.WSMsgType.TEXT:
                return None
            if message.data != "2":
                return str(message.data)
            with contextlib.suppress(aiohttp.ClientConnectionResetError):  # what came before the end is read
                await self.socket.send_str("3")

    async def connect(self, key: str | None, namespace: str = "/", **auth: Any) -> Any:
        """Enter a namespace; what the CONNECT packet says, or the CONNECT_ERROR."""
        prefix = "" if namespace == "/" else f"{namespace},"
        offered = {**({} if key is None else {"token": key}), **auth}
        await self.send(f"40{prefix}{json.dumps(offered)}")
        while (answer := await self.receive()) is not None:
            if answer.startswith((f"40{prefix}{{", f"44{prefix}{{")):
                return json.loads(answer[2 + len(prefix) :])
        return None

    async def call(self, name: Any, *arguments: Any, namespace: str = "/") -> Any:
        """One call and its acknowledgement."""
        return await self.call_raw(json.dumps([name, *arguments]), namespace)

    async def call_raw(self, event: str, namespace: str = "/") -> Any:
        """One call whose JSON is given as text; None if the server closes instead of answering."""
        prefix = "" if namespace == "/" else f"{namespace},"
        self._last_call += 1
        await self.send(f"42{prefix}{self._last_call}{event}")
        return await self.acknowledged(self._last_call, prefix)

    async def acknowledged(self, call_id: int, prefix: str = "") -> Any:
        """What a call was answered, whatever comes before."""
        expected = f"43{prefix}{call_id}["
        while (answer := await self.receive()) is not None:
            if answer.startswith(expected):
                return json.loads(answer[len(expected) - 1 :])[0]
        return None

    @contextlib.asynccontextmanager
    async def idle(self) -> AsyncIterator[None]:
        """Answer pings while the block runs, and do nothing else."""
        reading = asyncio.create_task(self._read_on())
        try:
            yield
        finally:
            reading.cancel()
            await asyncio.wait({reading})

    async def _read_on(self) -> None:
        while (message := await self.socket.receive()).type is aiohttp.WSMsgType.TEXT:
            if message.data == "2":
                with contextlib.suppress(aiohttp.ClientConnectionResetError):
                    await self.socket.send_str("3")

    async def until_closed(self) -> list[str]:
        """Everything that is said before the server closes the connection."""
        said = []
        while (answer := await self.receive()) is not None:
            said.append(answer)
        return said


def code_of(answer: Any) -> str | None:
    """The stable code of an error envelope, whole and in S0's words; None for a result."""
    if not isinstance(answer, dict) or "error" not in answer:
        return None
    error = answer["error"]
    assert set(error) == {"code", "message", "details", "timestamp", "requestId"}, error
    return str(error["code"])


def refusal_of(said: Sequence[str]) -> str | None:
    """The code of the CONNECT_ERROR with which a connection was let go."""
    [refusal] = [packet for packet in said if packet.startswith("44")]
    return code_of(json.loads(refusal[refusal.index("{") :])["data"])


@contextlib.asynccontextmanager
async def talking(
    server: ServerProcess, path: str = SOCKET, max_msg_size: int = 0, **options: Any
) -> AsyncIterator[Talker]:
    """An open Engine.IO connection over WebSocket, in no namespace yet."""
    async with (
        aiohttp.ClientSession() as client,
        client.ws_connect(server.url + path, max_msg_size=max_msg_size, **options) as socket,
    ):
        talker = Talker(socket)
        opened = await talker.receive()
        assert opened is not None and opened.startswith("0{"), opened
        yield talker


@contextlib.asynccontextmanager
async def connected(server: ServerProcess, key: str | None = None) -> AsyncIterator[Talker]:
    """A client in the main namespace."""
    async with talking(server) as talker:
        answer = await talker.connect(key or server.key)
        assert "sid" in answer, answer
        yield talker


@contextlib.asynccontextmanager
async def tcp(server: ServerProcess) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A bare connection."""
    address = urlsplit(server.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    try:
        yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def exchange(server: ServerProcess, request: bytes) -> bytes:
    """Send bytes as they are; everything that comes back until the server closes."""
    async with tcp(server) as (reader, writer):
        with contextlib.suppress(ConnectionError):
            writer.write(request)
            await writer.drain()
        with contextlib.suppress(ConnectionError):
            return await asyncio.wait_for(reader.read(), PATIENCE_S)
    return b""
