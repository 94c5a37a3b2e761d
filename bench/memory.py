"""Resident bytes of one idle WebSocket connection that follows a session."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator
from typing import Final

from bench.figure import Figure
from bench.machine import CLIENTS
from bench.scene import Subject, subjects
from bench.wire import connect_many

WARM: Final = 100
"""The clients that connect first and stay, so that what the first ones load is not counted."""


async def run(rounds: int) -> AsyncIterator[Figure]:
    """Return the bytes per connection that `CLIENTS` more add to the process; each round starts a new one."""
    bytes_each: defaultdict[str, list[float]] = defaultdict(list)
    for _ in range(rounds):
        async with subjects() as servers:
            for subject in servers:
                bytes_each[subject.server.name].append(await _measure(subject))
    yield Figure(name="memory", unit="resident bytes a connection", rounds=bytes_each, is_price=True)


async def _measure(subject: Subject) -> float:
    server = subject.server
    clients = await connect_many(server.url, subject.watching, WARM)
    before = server.resident_bytes
    clients += await connect_many(server.url, subject.watching, CLIENTS)
    grown = server.resident_bytes - before
    for client in clients:
        client.close()
    return grown / CLIENTS
