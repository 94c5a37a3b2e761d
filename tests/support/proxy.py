"""A reverse proxy that serves a server below a path, as many sites do: requests and WebSockets."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
from aiohttp import WSMsgType, web

from tests.support.server import ServerProcess

OF_THE_CONNECTION = {"connection", "keep-alive", "transfer-encoding", "upgrade", "content-length"}
"""Hop-by-hop headers, which are not forwarded. Source: RFC 9110, 7.6.1."""


@asynccontextmanager
async def proxied(server: ServerProcess, port: int, path: str) -> AsyncIterator[str]:
    """Run the proxy; yields its URL. It removes the path and forwards `Host`."""
    async with aiohttp.ClientSession(auto_decompress=False, cookie_jar=aiohttp.DummyCookieJar()) as client:

        async def serve(request: web.Request) -> web.StreamResponse:
            url = server.url + request.raw_path.removeprefix(path)
            if request.headers.get("Upgrade", "").lower() == "websocket":
                return await _socket(request, client, url)
            return await _plain(request, client, url)

        app = web.Application(client_max_size=0)
        app.router.add_route("*", path + "/{rest:.*}", serve)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", port).start()
            yield f"http://127.0.0.1:{port}{path}"
        finally:
            await runner.cleanup()


async def _plain(request: web.Request, client: aiohttp.ClientSession, url: str) -> web.StreamResponse:
    body = await request.read() if request.can_read_body else None
    headers = {name: text for name, text in request.headers.items() if name.lower() not in OF_THE_CONNECTION}
    async with client.request(
        request.method, url, headers=headers, data=body, allow_redirects=False
    ) as answer:
        passed = [
            (name, text) for name, text in answer.headers.items() if name.lower() not in OF_THE_CONNECTION
        ]
        response = web.Response(status=answer.status, body=await answer.read())
        response.headers.clear()
        response.headers.extend(passed)
        return response


async def _socket(request: web.Request, client: aiohttp.ClientSession, url: str) -> web.StreamResponse:
    ours = web.WebSocketResponse()
    await ours.prepare(request)
    names = {"host", "origin", "authorization", "cookie"}
    headers = {name: text for name, text in request.headers.items() if name.lower() in names}
    async with client.ws_connect(url, headers=headers) as theirs:
        passing = [asyncio.create_task(_pass_on(ours, theirs)), asyncio.create_task(_pass_on(theirs, ours))]
        await asyncio.wait(passing, return_when=asyncio.FIRST_COMPLETED)
        for each in passing:
            each.cancel()
        await asyncio.wait(passing)
    await ours.close()
    return ours


AnySocket = web.WebSocketResponse | aiohttp.ClientWebSocketResponse


async def _pass_on(source: AnySocket, target: AnySocket) -> None:
    with contextlib.suppress(ConnectionError):
        async for message in source:
            if message.type is WSMsgType.TEXT:
                await target.send_str(message.data)
            elif message.type is WSMsgType.BINARY:
                await target.send_bytes(message.data)
