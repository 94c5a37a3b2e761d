"""Acknowledged round trips per second of a light operation, from many connections with one call each.

This server runs `session.get`, with authentication, validation, access check and encoding; the peers answer
at once with the same content.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from typing import Final

from bench.figure import Figure, Target
from bench.scene import Subject, subjects
from bench.servers import BARE
from bench.wire import Client, call_frame, connect_many

CONNECTIONS: Final = 64
ROUND_S: Final = 2.0


class Caller:
    """A connection that calls again as soon as it is answered, and checks that the answer is the same."""

    def __init__(self, client: Client, frame: bytes) -> None:
        self.answers = 0
        self._client = client
        self._frame = frame
        self._expected = b""
        self._is_over = asyncio.Event()
        self._is_stopping = False
        client.on_answer = self._take

    def start(self) -> None:
        self._is_stopping = False
        self._is_over.clear()
        self._client.send(self._frame)

    async def stop(self) -> None:
        """Wait for the call in progress, and start no other."""
        self._is_stopping = True
        await asyncio.wait_for(self._is_over.wait(), 10)

    def _take(self, answer: bytes) -> None:
        self._expected = self._expected or answer
        if answer != self._expected or b'"error"' in self._expected:
            raise ValueError(f"another answer: {answer[:200]!r}")
        self.answers += 1
        if self._is_stopping:
            self._is_over.set()
        else:
            self._client.send(self._frame)


async def run(rounds: int) -> AsyncIterator[Figure]:
    """Return the round trips per second, and the server's CPU time for one."""
    reached: defaultdict[str, list[float]] = defaultdict(list)
    cost: defaultdict[str, list[float]] = defaultdict(list)
    async with subjects() as servers:
        callers = {subject.server.name: await _callers(subject) for subject in servers}
        for _ in range(rounds):
            for subject in servers:
                name = subject.server.name
                answers, took_s, cpu_s = await _round(subject, callers[name])
                reached[name].append(answers / took_s)
                cost[name].append(cpu_s / answers * 1e6)
    yield Figure(name="calls", unit="round trips/s", rounds=reached, target=Target(peer=BARE, ratio=0.6))
    yield Figure(name="calls, server CPU each", unit="µs", rounds=cost, is_price=True)


async def _callers(subject: Subject) -> list[Caller]:
    clients = await connect_many(subject.server.url, subject.server.auth, CONNECTIONS)
    frame = call_frame(*subject.call, number=b"1")
    return [Caller(client, frame) for client in clients]


async def _round(subject: Subject, callers: list[Caller]) -> tuple[int, float, float]:
    loop = asyncio.get_running_loop()
    answers, cpu_s, began = sum(caller.answers for caller in callers), subject.server.cpu_s, loop.time()
    for caller in callers:
        caller.start()
    await asyncio.sleep(ROUND_S)
    took_s = loop.time() - began
    answers = sum(caller.answers for caller in callers) - answers
    cpu_s = subject.server.cpu_s - cpu_s
    await asyncio.gather(*(caller.stop() for caller in callers))
    return answers, took_s, cpu_s
