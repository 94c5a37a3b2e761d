"""The program of `others.py`: it measures how long a server keeps it waiting.

It imports little, because it is started once for each measurement.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.wire import connect

EVERY_S = 0.02
TICK_S = 0.005
READY = "watching"


class _Stalls:
    """Return how long this process and the server's threads waited for a CPU."""

    def __init__(self, server: int) -> None:
        self._own_s = 0.0
        self._server = Path(f"/proc/{server}/task")
        self._waited_ns: dict[str, int] = {}

    @property
    def seconds(self) -> float:
        """Return the time waited for a CPU so far, over all threads of the server, since an answer also needs
        the database's.

        Source: the kernel's Documentation/scheduler/sched-stats.rst, `schedstat`.
        """
        for thread in self._server.iterdir():
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it has just ended
                self._waited_ns[thread.name] = int((thread / "schedstat").read_text().split()[1])
        return self._own_s + sum(self._waited_ns.values()) / 1e9

    async def watch(self) -> None:
        while True:
            began = time.perf_counter()
            await asyncio.sleep(TICK_S)
            late_s = time.perf_counter() - began - TICK_S
            if late_s > TICK_S:
                self._own_s += late_s


async def _watch(url: str, name: str, asked: Mapping[str, Any], server: int) -> list[float]:
    """Measure round trips in seconds until standard input ends."""
    loop = asyncio.get_running_loop()
    key = await loop.run_in_executor(None, sys.stdin.readline)
    client = await connect(url, {"token": key.strip()})
    await client.call(name, asked)
    print(READY, flush=True)
    is_over = loop.run_in_executor(None, sys.stdin.read)
    stalls = _Stalls(server)
    stalling = asyncio.create_task(stalls.watch())
    waits = []
    while not is_over.done():
        began, stalled = time.perf_counter(), stalls.seconds
        await client.call(name, asked)
        waits.append(time.perf_counter() - began - (stalls.seconds - stalled))
        await asyncio.sleep(EVERY_S)
    stalling.cancel()
    client.close()
    return waits


if __name__ == "__main__":
    url, name, asked, server = sys.argv[1:]
    print(json.dumps(asyncio.run(_watch(url, name, json.loads(asked), int(server)))))
