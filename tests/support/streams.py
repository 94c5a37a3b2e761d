"""A server for what the mock of language models cannot do: send exact bytes, hang, and record.

It is hand-written for these tests: it proves what the adapters do with a stream, not what a real server
sends.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

Answering = Callable[[web.StreamResponse], Awaitable[None]]


@dataclass
class StreamServer:
    """Answers each request with the server-sent events of `answer`, or forwards it to `behind`."""

    answer: Answering | None = None
    behind: str | None = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    """The received requests: the protocol's JSON, byte for byte."""
    connections: set[object] = field(default_factory=set)
    left: asyncio.Event = field(default_factory=asyncio.Event)
    """Whether the client disconnected before the answer was complete."""
    url: str = ""

    def says(self, *events: object, then_hangs: bool = False) -> None:
        """Answer with these events: strings as they are, other values as JSON data."""

        async def answer(response: web.StreamResponse) -> None:
            for event in events:
                text = event if isinstance(event, str) else _event(event)
                await response.write(text.encode())
            if then_hangs:
                await asyncio.Event().wait()

        self.answer = answer

    async def handle(self, request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        self.connections.add(request.transport.get_extra_info("peername"))
        content = await request.read()
        self.bodies.append(json.loads(content))
        if self.behind is not None:
            return await self._hand_on(request, content)
        response = web.StreamResponse(
            status=self.status, headers={"Content-Type": "text/event-stream", **self.headers}
        )
        await response.prepare(request)
        try:
            if self.answer is not None:
                await self.answer(response)
        except (asyncio.CancelledError, ConnectionError):
            self.left.set()
            raise
        await response.write_eof()
        return response

    async def _hand_on(self, request: web.Request, content: bytes) -> web.StreamResponse:
        kept = ("authorization", "x-api-key", "x-goog-api-key", "content-type", "anthropic-version")
        headers = {name: value for name, value in request.headers.items() if name.lower() in kept}
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{self.behind}{request.path_qs}", data=content, headers=headers) as answer,
        ):
            body = await answer.read()
            return web.Response(status=answer.status, body=body, content_type=answer.content_type)


def _event(data: object) -> str:
    kind = f"event: {data['type']}\n" if isinstance(data, dict) and "type" in data else ""
    return f"{kind}data: {json.dumps(data)}\n\n"


@pytest.fixture
async def stream_server(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[StreamServer]:
    """The server, on a free port; loopback is reached without a proxy."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    monkeypatch.setenv("no_proxy", "127.0.0.1,localhost")
    made = StreamServer()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", made.handle)
    async with TestServer(app, handler_cancellation=True) as server:
        made.url = str(server.make_url("")).rstrip("/")
        yield made
