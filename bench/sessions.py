"""Many sessions, each with a process and a terminal: how soon they work, and what they leave behind.

`first output` is the time from requesting a session to the answer of its first command, one session after the
other. Then `SESSIONS` of them run a process and a terminal at the same time and are deleted; what remains of
them is counted. A round before opens the database connections that the server keeps.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import psutil

from bench.figure import OURS, Figure
from bench.servers import Server, roocode
from bench.wire import Client, connect

SESSIONS: Final = 50
TARGET_MS: Final = 150.0
PATIENCE_S: Final = 30.0


async def run(rounds: int) -> AsyncIterator[Figure]:
    """Return the milliseconds to the first output, and what remains of many sessions."""
    with tempfile.TemporaryDirectory(prefix="roocode-bench-") as folder:
        data_dir = Path(folder) / "data"
        with roocode(data_dir, is_pinned=False) as server:
            client = await connect(server.url, server.auth)
            taken = [await _first_output(client) for _ in range(SESSIONS)]
            is_met = statistics.median(taken) < TARGET_MS
            yield Figure(
                name=f"sessions, first output (target < {TARGET_MS:.0f} ms: {'met' if is_met else 'MISSED'})",
                unit="ms",
                rounds={OURS: taken},
            )
            await asyncio.gather(*[_live(client) for _ in range(SESSIONS)])
            left: list[float] = []
            for _ in range(rounds):
                before = _held(server, data_dir)
                await asyncio.gather(*[_live(client) for _ in range(SESSIONS)])
                left.append(await _leftovers(server, data_dir, before))
            verdict = "none: met" if not any(left) else "none: MISSED"
            yield Figure(
                name=f"sessions, left of {SESSIONS} at once (target {verdict})",
                unit="processes, descriptors and folders",
                rounds={OURS: left},
            )
            client.close()


async def _first_output(client: Client) -> float:
    began = time.perf_counter()
    session = (await client.call("session.create", {"name": "bench"}))["session"]["id"]
    done = await client.call("shell.exec", {"sessionId": session, "cmd": "echo hello"})
    taken_ms = (time.perf_counter() - began) * 1000
    _check(done["output"] == "hello\n", done)
    await client.call("session.delete", {"sessionId": session})
    return taken_ms


async def _live(client: Client) -> None:
    """Run one session: a process, a terminal, work in both, deletion."""
    session = {"sessionId": (await client.call("session.create", {"name": "bench"}))["session"]["id"]}
    process = await client.call("process.start", {**session, "command": "echo up; sleep 600"})
    terminal = await client.call("terminal.open", {**session, "command": "exec sh"})
    place = {**session, "terminalId": terminal["terminal"]["id"]}
    await client.call("terminal.input", {**place, "data": "echo $((40 + 2))\r"})
    await _until(client, "terminal.get", place, lambda screen: "42" in screen["output"])
    number = {**session, "pid": process["process"]["pid"]}
    await _until(client, "process.logs", number, lambda answer: "up" in answer["logs"])
    await client.call("session.delete", session)


async def _until(client: Client, name: str, raw: dict[str, Any], holds: Any) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not holds(await client.call(name, raw)):
            await asyncio.sleep(0.01)


def _held(server: Server, data_dir: Path) -> tuple[int, int, int]:
    process = psutil.Process(server.process.pid)
    folders = len(list((data_dir / "workspaces").iterdir()))
    return len(process.children(recursive=True)), process.num_fds(), folders


async def _leftovers(server: Server, data_dir: Path, before: tuple[int, int, int]) -> float:
    """Return how much more the server holds than before, after a moment of rest."""
    for _ in range(100):
        now = _held(server, data_dir)
        more = sum(max(0, one - other) for one, other in zip(now, before, strict=True))
        if not more:
            return 0.0
        await asyncio.sleep(0.1)
    return float(more)


def _check(holds: bool, answer: object) -> None:
    if not holds:
        raise ValueError(f"another answer: {answer!r}")
