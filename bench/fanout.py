"""Deliveries per second of one session's events to many clients.

This server does everything: an operation, its append and commit, the hub, and each client's position in the
log. The peers send the same payload to a room. A few calls are always in progress, so that no server waits
for the load.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from typing import Final

from bench.figure import Figure, Target
from bench.machine import CLIENTS
from bench.scene import Subject, subjects
from bench.servers import BARE
from bench.wire import Client, connect_many

EVENTS: Final = 80
UNDER_WAY: Final = 4
ROUND_TIMEOUT_S: Final = 60


class Audience:
    """Clients that count the events they receive."""

    def __init__(self, clients: list[Client]) -> None:
        self.clients = clients
        self._missing = 0
        self._complete = asyncio.Event()
        for client in clients:
            client.on_event = self._one_more

    def expect(self, events: int) -> None:
        for client in self.clients:
            client.events = 0
        self._missing = events * len(self.clients)
        self._complete.clear()

    async def complete(self, events: int) -> None:
        """Return once every client has had every event. Raises: AssertionError, TimeoutError."""
        async with asyncio.timeout(ROUND_TIMEOUT_S):
            await self._complete.wait()
        assert {client.events for client in self.clients} == {events}, "a client had too few or too many"

    def _one_more(self) -> None:
        self._missing -= 1
        if not self._missing:
            self._complete.set()


async def run(rounds: int) -> AsyncIterator[Figure]:
    """Return the deliveries per second, and the server's CPU time per delivery."""
    reached: defaultdict[str, list[float]] = defaultdict(list)
    cost: defaultdict[str, list[float]] = defaultdict(list)
    async with subjects() as servers:
        audiences = {subject.server.name: await _audience(subject) for subject in servers}
        for _ in range(rounds):
            for subject in servers:
                name = subject.server.name
                took_s, cpu_s = await _round(subject, audiences[name])
                reached[name].append(CLIENTS * EVENTS / took_s)
                cost[name].append(cpu_s / (CLIENTS * EVENTS) * 1e6)
    yield Figure(name="fanout", unit="deliveries/s", rounds=reached, target=Target(peer=BARE, ratio=3))
    yield Figure(name="fanout, server CPU each", unit="µs", rounds=cost, is_price=True)


async def _audience(subject: Subject) -> Audience:
    return Audience(await connect_many(subject.server.url, subject.watching, CLIENTS))


async def _round(subject: Subject, audience: Audience) -> tuple[float, float]:
    loop = asyncio.get_running_loop()
    audience.expect(EVENTS)
    numbers = iter(range(1, EVENTS + 1))

    async def publish() -> None:
        for number in numbers:
            await subject.driver.call(*subject.publish(number))

    cpu_s, began = subject.server.cpu_s, loop.time()
    await asyncio.gather(*(publish() for _ in range(UNDER_WAY)), audience.complete(EVENTS))
    return loop.time() - began, subject.server.cpu_s - cpu_s
