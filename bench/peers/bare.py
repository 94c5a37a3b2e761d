"""A minimal server with python-socketio on aiohttp, with uvloop and orjson as in this server.

It answers `call` with what `prepare` gave it and, when `publish` asks for it, sends the event that `prepare`
gave it to everybody in the room.
"""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
import socketio
import uvloop
from aiohttp import web

ROOM = "watchers"


class Json:
    @staticmethod
    def dumps(content: Any, **_: Any) -> str:
        return orjson.dumps(content).decode()

    @staticmethod
    def loads(text: str | bytes, **_: Any) -> Any:
        return orjson.loads(text)


def build() -> web.Application:
    server: Any = socketio.AsyncServer(async_mode="aiohttp", json=Json)
    prepared: dict[str, Any] = {}

    async def connect(sid: str, environ: dict[str, Any], auth: dict[str, Any] | None) -> None:
        if auth and "sessionId" in auth:
            await server.enter_room(sid, ROOM)

    async def prepare(sid: str, content: dict[str, Any]) -> dict[str, Any]:
        prepared.update(content)
        return {}

    async def call(sid: str, content: dict[str, Any]) -> Any:
        return prepared["answer"]

    async def publish(sid: str, content: dict[str, Any]) -> dict[str, Any]:
        await server.emit(prepared["name"], prepared["event"], room=ROOM)
        return {}

    for handler in (connect, prepare, call, publish):
        server.on(handler.__name__, handler)
    application = web.Application()
    server.attach(application)
    return application


async def serve() -> None:
    runner = web.AppRunner(build(), access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, backlog=4096)
    await site.start()
    print(f"bare ready on http://127.0.0.1:{runner.addresses[0][1]}", flush=True)
    await asyncio.Event().wait()  # until a signal ends the process


if __name__ == "__main__":
    uvloop.run(serve())
