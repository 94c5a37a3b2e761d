"""A server that answers with exactly the bytes a test provides, and records its requests."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest


@dataclass
class Replaying:
    """`url` is its URL; `requests` has the bodies received, `heads` their request lines and headers."""

    url: str = ""
    status: int = 200
    headers: str = "Content-Type: text/event-stream\r\n"
    content: bytes = b""
    stays_open: bool = False
    """Whether it leaves the answer unfinished until the client disconnects."""
    requests: list[Any] = field(default_factory=list)
    heads: list[str] = field(default_factory=list)
    hung_up: asyncio.Event = field(default_factory=asyncio.Event)

    def events(self, *events: object, done: bool = True) -> None:
        """Answer with a stream of these events."""
        lines = [f"data: {json.dumps(event)}\n\n" for event in events]
        self.content = "".join([*lines, "data: [DONE]\n\n" if done else ""]).encode()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            self.heads.append(head)
            length = next(
                line.split(":")[1] for line in head.lower().splitlines() if line.startswith("content-length")
            )
            self.requests.append(json.loads(await reader.readexactly(int(length))))
            writer.write(f"HTTP/1.1 {self.status} Said\r\n{self.headers}Connection: close\r\n\r\n".encode())
            writer.write(self.content)
            await writer.drain()
            if self.stays_open:
                await reader.read()
                self.hung_up.set()
        writer.close()


@pytest.fixture
async def replaying() -> AsyncIterator[Replaying]:
    made = Replaying()
    server = await asyncio.start_server(made.answer, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield made


def chunk(delta: dict[str, Any], finish: str | None = None, **more: Any) -> dict[str, Any]:
    """Return a chunk of a chat completion."""
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {"id": "c", "object": "chat.completion.chunk", "model": "m", "choices": [choice], **more}


def call_piece(arguments: str, **named: Any) -> dict[str, Any]:
    """Return a chunk of a tool call; `index`, `id` and `name` if given."""
    function = {"arguments": arguments, **({"name": named.pop("name")} if "name" in named else {})}
    return {"tool_calls": [{"type": "function", "function": function, **named}]}


def numbered(*events: dict[str, Any]) -> Sequence[dict[str, Any]]:
    """Return the events of a response, with sequence numbers."""
    return [{"sequence_number": number, **event} for number, event in enumerate(events)]


@pytest.fixture
async def answering(answer: bytes) -> AsyncIterator[str]:
    """Run a server that answers every request with `answer`, a parameter of the test; yields its URL."""

    async def give(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(give, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
