"""Listing and searching a workspace of many files, and how much that delays another client.

The other client requests a light operation again and again; `p99` is the 99th percentile of its round trips,
first without other load, then while the workspace is listed and searched. The time of a search is compared
with ripgrep's own on the same folder.
"""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, Final

from bench.figure import OURS, Figure, Target
from bench.servers import roocode
from bench.wire import Client, connect

FOLDERS: Final = 1000
FILES: Final = 100
"""The number of files in each folder."""
NEEDLES: Final = 50
WATCHED_S: Final = 4.0
IDLE: Final = "idle"
RIPGREP: Final = "ripgrep"


async def run(rounds: int) -> AsyncIterator[Figure]:
    """Return the other client's p99 while a workspace is listed and searched, and the time of a search."""
    waits: dict[str, defaultdict[str, list[float]]] = {
        name: defaultdict(list) for name in ("file.list", "search.text")
    }
    taken: defaultdict[str, list[float]] = defaultdict(list)
    with tempfile.TemporaryDirectory(prefix="roocode-bench-") as folder:
        data_dir = Path(folder) / "data"
        with roocode(data_dir, is_pinned=False) as server:
            client, other = [await connect(server.url, server.auth) for _ in range(2)]
            session = (await client.call("session.create", {"name": "bench"}))["session"]["id"]
            place = {"sessionId": session}
            workspace = data_dir / "workspaces" / session
            await asyncio.to_thread(_fill, workspace)
            calls = {
                "file.list": {**place, "recursive": True, "limit": 100},
                "search.text": {**place, "pattern": "needle"},
            }
            for _ in range(rounds):
                for name, raw in calls.items():
                    waits[name][IDLE].append(await _p99(other, place, lambda: asyncio.sleep(WATCHED_S)))
                    waits[name][OURS].append(await _p99(other, place, _again(client, name, raw)))
                taken[OURS].append(await _timed(client.call("search.text", calls["search.text"])))
                taken[RIPGREP].append(await _timed(asyncio.to_thread(_ripgrep, workspace)))
            client.close()
            other.close()
    for name, reached in waits.items():
        yield Figure(
            name=f"searches, another client's p99 during {name}",
            unit="ms",
            rounds=reached,
            is_price=True,
            target=Target(peer=IDLE, ratio=2.0),
        )
    yield Figure(
        name="searches, search.text",
        unit="ms",
        rounds=taken,
        is_price=True,
        target=Target(peer=RIPGREP, ratio=1.5),
    )


def _fill(workspace: Path) -> None:
    for number in range(FOLDERS):
        folder = workspace / f"package{number:04}"
        folder.mkdir()
        for file in range(FILES):
            text = f"def function_{file}():\n    return {number * file}\n"
            (folder / f"module{file:03}.py").write_text(text)
    for number in range(NEEDLES):
        (workspace / f"package{number * 7:04}" / "hay.py").write_text("# needle\n")


def _again(client: Client, name: str, raw: dict[str, Any]) -> Callable[[], Awaitable[None]]:
    """Repeat a call for a while."""

    async def call() -> None:
        end = time.perf_counter() + WATCHED_S
        while time.perf_counter() < end:
            await client.call(name, raw)

    return call


async def _p99(other: Client, place: dict[str, Any], work: Callable[[], Awaitable[None]]) -> float:
    """Return the 99th percentile of another client's round trips, in milliseconds, during some work."""
    working = asyncio.ensure_future(work())
    waits = []
    while not working.done():
        began = time.perf_counter()
        await other.call("session.get", place)
        waits.append((time.perf_counter() - began) * 1000)
        await asyncio.sleep(0.005)
    await working
    return statistics.quantiles(waits, n=100)[98]


async def _timed(work: Awaitable[Any]) -> float:
    began = time.perf_counter()
    await work
    return (time.perf_counter() - began) * 1000


def _ripgrep(workspace: Path) -> None:
    command = ["rg", "--json", "--sort", "path", "needle", "."]
    subprocess.run(command, cwd=workspace, stdout=subprocess.DEVNULL, check=True)
