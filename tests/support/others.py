"""Another client, in a separate process, that measures whether a server keeps it waiting.

Use it as `with others_stay_quick(server): await client.call("process.start", {"sessionId": session_id,
"command": "yes"})`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bench.wire import connect
from tests.support.server import PROJECT, ServerProcess

QUICK_S = 0.25
"""The longest round trip allowed while another client keeps the server busy."""
EVERY_S = 0.02
TICK_S = 0.005
READY = "watching"


@contextlib.contextmanager
def others_stay_quick(
    server: ServerProcess,
    name: str = "session.list",
    raw: Mapping[str, Any] | None = None,
    *,
    within_s: float = QUICK_S,
) -> Iterator[None]:
    """Request a light operation every 20 ms while the block runs; every round trip must take less than
    `within_s`.

    The call in progress at the end of the block counts as well. Time during which the requesting process or
    the server's event loop was ready to run but got no CPU is the machine's fault, and is subtracted.
    """
    asked = {"limit": 1} if raw is None else dict(raw)
    assert server.process is not None
    number = server.process.pid
    watching = subprocess.Popen(
        [sys.executable, "-m", "tests.support.others", server.url, name, json.dumps(asked), str(number)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=PROJECT,
    )
    assert watching.stdin is not None and watching.stdout is not None
    try:
        watching.stdin.write(server.key + "\n")
        watching.stdin.flush()
        assert watching.stdout.readline().strip() == READY, server.log
        yield
        told, _ = watching.communicate(timeout=60)
    finally:
        watching.kill()
        watching.wait()
        watching.stdin.close()
        watching.stdout.close()
    assert watching.returncode == 0, f"the other client was let down\n{server.log}"
    waits = json.loads(told)
    assert waits, "the block was over before anybody could be kept waiting"
    longest = max(waits)
    assert longest < within_s, (
        f"another client waited {longest * 1000:.0f} ms for {name}, "
        f"call {waits.index(longest) + 1} of {len(waits)}"
    )


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
