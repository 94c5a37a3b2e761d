"""What dashboards that watch the machine cost: one measurement for all of them, and the same sent to each.

The server's CPU time for one sample is taken with one watcher, with a hundred and with two hundred. The peer
sends the same event to a room of as many, in the same rhythm, and measures nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections import defaultdict
from collections.abc import AsyncIterator
from typing import Any, Final

import orjson

from bench.figure import OURS, Figure, Target
from bench.machine import LOAD_CORE, on_core
from bench.servers import BARE, Server, bare, configured, fresh_roocode
from bench.wire import Client, connect, connect_many

DASHBOARDS: Final = (100, 200)
SAMPLES: Final = 50
INTERVAL_S: Final = 0.1
ROOM: Final = "watchers"
SETTINGS: Final = {
    "ROOCODE_MONITORING__SAMPLE_INTERVAL_S": str(INTERVAL_S),
    "ROOCODE_LIMITS__CONNECTIONS": "null",
}
"""A measurement twenty times as often as by default, and more dashboards than one person may open."""


async def run(rounds: int) -> AsyncIterator[Figure]:
    """Return the server's CPU time for each of its watchers and sample, and for the whole of a sample."""
    each: dict[int, defaultdict[str, list[float]]] = {count: defaultdict(list) for count in DASHBOARDS}
    whole: defaultdict[str, list[float]] = defaultdict(list)
    with configured(SETTINGS), contextlib.ExitStack() as servers:
        ours, peer = servers.enter_context(fresh_roocode()), servers.enter_context(bare())
        with on_core(LOAD_CORE):
            driver = await _prepared(peer, ours)
            for _ in range(rounds):
                alone = await _watching(ours, 1)
                whole["one watcher"].append(alone * 1000)
                for count in DASHBOARDS:
                    together = await _watching(ours, count)
                    sent = await _sending(peer, driver, count)
                    each[count][OURS].append((together - alone) / (count - 1) * 1e6)
                    each[count][BARE].append(sent / count * 1e6)
                whole[OURS].append(together * 1000)
            driver.close()
    for count in DASHBOARDS:
        name = f"watchers, server CPU for each of {count} and sample"
        yield Figure(
            name=name, unit="µs", rounds=each[count], is_price=True, target=Target(peer=BARE, ratio=1)
        )
    yield Figure(
        name=f"watchers, server CPU for a sample and {count} of them", unit="ms", rounds=whole, is_price=True
    )


async def _prepared(peer: Server, ours: Server) -> Client:
    """Have the peer send what our watchers get. Return the client that makes it do so."""
    name, event = await _one_sample(ours)
    driver = await connect(peer.url, {})
    await driver.call("prepare", {"answer": {}, "name": name, "event": event})
    return driver


async def _one_sample(ours: Server) -> tuple[str, Any]:
    watcher = await connect(ours.url, ours.auth)
    await watcher.call("system.watch", {"channels": ["resources"]})
    await _received([watcher], 1)
    watcher.close()
    name, event = orjson.loads(watcher.last_event[2:])
    return name, event


async def _watching(ours: Server, count: int) -> float:
    """Return the seconds of CPU time that a sample costs with so many watchers."""
    watchers = await connect_many(ours.url, ours.auth, count)
    for watcher in watchers:
        await watcher.call("system.watch", {"channels": ["resources"]})
    await _received(watchers, 1)
    before_s, first = ours.cpu_s, watchers[0].events
    await _received(watchers, first + SAMPLES)
    cost_s, samples = ours.cpu_s - before_s, watchers[0].events - first
    for watcher in watchers:
        watcher.close()
    return cost_s / samples


async def _sending(peer: Server, driver: Client, count: int) -> float:
    """Return the seconds of CPU time that the peer takes for an event to a room of so many."""
    watchers = await connect_many(peer.url, {"sessionId": ROOM}, count)
    before_s = peer.cpu_s
    for number in itertools.count(1):
        await driver.call("publish", {"number": number})
        if number == SAMPLES:
            break
        await asyncio.sleep(INTERVAL_S)
    await _received(watchers, SAMPLES)
    cost_s = peer.cpu_s - before_s
    for watcher in watchers:
        watcher.close()
    return cost_s / SAMPLES


async def _received(watchers: list[Client], events: int) -> None:
    """Return once each watcher has had so many events. Raises: TimeoutError."""
    async with asyncio.timeout(60 + 10 * SAMPLES * INTERVAL_S):
        while min(watcher.events for watcher in watchers) < events:
            await asyncio.sleep(INTERVAL_S / 10)
