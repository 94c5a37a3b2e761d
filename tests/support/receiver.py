"""A receiver of webhooks: a real server on a free port that records its requests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson
from aiohttp import web

DEADLINE_S = 60.0
Answering = Callable[["Received"], Awaitable[web.Response]]


@dataclass(frozen=True)
class Received:
    """A received request, whatever the answer."""

    headers: dict[str, str]
    body: str

    @property
    def payload(self) -> dict[str, Any]:
        content: dict[str, Any] = orjson.loads(self.body)
        return content

    @property
    def event(self) -> str:
        return str(self.payload["event"])


async def take(received: Received) -> web.Response:
    """Answer 200."""
    return web.Response()


@dataclass
class Receiver:
    """`answer` can be replaced at any time; `taken` are the requests that were answered with 2xx."""

    answer: Answering = take
    url: str = ""
    received: list[Received] = field(default_factory=list)
    taken: list[Received] = field(default_factory=list)
    _grown: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def until(self, is_it: Callable[[], bool]) -> None:
        """Wait for a condition, checked after each request."""
        async with asyncio.timeout(DEADLINE_S), self._grown:
            await self._grown.wait_for(is_it)

    async def has_taken(self, count: int) -> list[Received]:
        """Return the accepted requests, once there are this many."""
        await self.until(lambda: len(self.taken) >= count)
        return self.taken

    async def was_asked(self, count: int) -> list[Received]:
        """Return all requests, once there are this many."""
        await self.until(lambda: len(self.received) >= count)
        return self.received

    async def handle(self, request: web.Request) -> web.Response:
        headers = {name.lower(): content for name, content in request.headers.items()}
        received = Received(headers, await request.text())
        await self._add(self.received, received)
        answer = await self.answer(received)
        if answer.status < 300:
            await self._add(self.taken, received)
        return answer

    async def _add(self, where: list[Received], received: Received) -> None:
        async with self._grown:
            where.append(received)
            self._grown.notify_all()


@asynccontextmanager
async def receiving(answer: Answering = take, *, port: int = 0) -> AsyncIterator[Receiver]:
    """Run a receiver while the block runs."""
    receiver = Receiver(answer)
    app = web.Application()
    app.router.add_post("/hook", receiver.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
        yield receiver
    finally:
        await runner.cleanup()
