"""Clients that all reconnect at once after a restart of the server: seconds until all of them are live.

Each has missed the whole log of its session. If one is refused, the program fails.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

from bench.figure import OURS, Figure, Target
from bench.servers import roocode
from bench.wire import Client, connect

CLIENTS: Final = 1500
FILES: Final = 200
LIMIT: Final = "what is promised"
LIMIT_S: Final = 30.0
MOST_RESIDENT_MB: Final = 512.0


async def run(rounds: int) -> AsyncIterator[Figure]:
    """Return how long it takes, and the memory of the server afterwards."""
    took_s, resident_mb = [], []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory(prefix="roocode-bench-") as folder:
            seconds, resident_bytes = await _round(Path(folder) / "data")
        took_s.append(seconds)
        resident_mb.append(resident_bytes / 2**20)
    yield _price("reconnect", "s until all are live", took_s, LIMIT_S)
    yield _price("reconnect, memory", "MiB resident", resident_mb, MOST_RESIDENT_MB)


def _price(name: str, unit: str, reached: list[float], most: float) -> Figure:
    return Figure(
        name=name,
        unit=unit,
        rounds={OURS: reached, LIMIT: [most]},
        is_price=True,
        target=Target(peer=LIMIT, ratio=1),
    )


async def _round(data_dir: Path) -> tuple[float, int]:
    with roocode(data_dir) as server:
        client = await connect(server.url, server.auth)
        opened = await client.call("session.create", {"name": "reconnect"})
        session_id = opened["session"]["id"]
        for number in range(FILES):
            await _make_file(client, session_id, f"{number}.txt")
        client.close()
    with roocode(data_dir) as server:
        auth = {**server.auth, "sessionId": session_id, "lastSeq": 0}
        began = time.perf_counter()
        clients = await asyncio.gather(*(connect(server.url, auth) for _ in range(CLIENTS)))
        await _all_have(clients, FILES + 1)
        await _make_file(clients[0], session_id, "live.txt")
        await _all_have(clients, FILES + 2)
        took_s = time.perf_counter() - began
        resident_bytes = server.resident_bytes
        for client in clients:
            client.close()
    return took_s, resident_bytes


async def _make_file(client: Client, session_id: str, path: str) -> Any:
    return await client.call("file.create", {"sessionId": session_id, "path": path, "content": "x"})


async def _all_have(clients: list[Client], events: int) -> None:
    """Return when each client has this many events. Raises: TimeoutError."""
    async with asyncio.timeout(120):
        while any(client.events < events for client in clients):
            await asyncio.sleep(0.05)
