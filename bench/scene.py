"""Shared by the benchmarks: three servers that give the same answer and send the same event."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from bench.machine import LOAD_CORE, on_core
from bench.servers import Server, bare, fresh_roocode, node
from bench.wire import Client, connect

PATH: Final = "/source/package/module-with-a-name/test_that_what_was_measured_is_what_is_done.py"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One server under load: how to request a light answer, and how to make it send one event."""

    server: Server
    driver: Client
    call: tuple[str, Any]
    publish: Callable[[int], tuple[str, Any]]
    watching: Mapping[str, Any]
    """The `auth` with which a client connects to get the events."""


@contextlib.asynccontextmanager
async def subjects() -> AsyncIterator[list[Subject]]:
    """Run this server and its peers on one core, and the block on another one."""
    with contextlib.ExitStack() as servers:
        ours = await _ours(servers.enter_context(fresh_roocode()))
        answer = await ours.driver.call(*ours.call)
        name, event = await _one_event(ours)
        peers = [await _peer(servers.enter_context(start()), answer, name, event) for start in (bare, node)]
        with on_core(LOAD_CORE):
            yield [ours, *peers]
        for subject in (ours, *peers):
            subject.driver.close()


async def _ours(server: Server) -> Subject:
    driver = await connect(server.url, server.auth)
    session = (await driver.call("session.create", {"name": "bench"}))["session"]["id"]
    file = {"sessionId": session, "path": PATH}
    await driver.call("file.create", {**file, "content": ""})
    return Subject(
        server=server,
        driver=driver,
        call=("session.get", {"sessionId": session}),
        publish=lambda number: ("file.update", {**file, "content": f"{number}\n"}),
        watching={**server.auth, "sessionId": session},
    )


async def _one_event(ours: Subject) -> tuple[str, Any]:
    """Return the name and payload of an event of this server, for the peers to send."""
    watcher = await connect(ours.server.url, ours.watching)
    await ours.driver.call(*ours.publish(0))
    while not watcher.events:
        await watcher.call(*ours.call)
    watcher.close()
    name, payload = orjson.loads(watcher.last_event[2:])
    return name, payload


async def _peer(server: Server, answer: Any, name: str, event: Any) -> Subject:
    driver = await connect(server.url, {})
    await driver.call("prepare", {"answer": answer, "name": name, "event": event})
    return Subject(
        server=server,
        driver=driver,
        call=("call", {"sessionId": answer["session"]["id"]}),
        publish=lambda number: ("publish", {"number": number}),
        watching={"sessionId": answer["session"]["id"]},
    )
