"""`python -m bench soak`: eight sessions do everything at once, for minutes, and nothing may go wrong.

A real server, and in each of eight sessions commands, processes, terminals, file updates, searches,
checkpoints and tasks at the same time. Every content is compared. It ends with status 1 if one was wrong, if
a call failed or was not answered, if the server did not live, end as asked and keep quiet in its log, or if
its descriptors or its memory did not level: they are taken when nothing is done, after the first part and at
the end.
"""

from __future__ import annotations

import asyncio
import re
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

from bench.busy import BusySession, Tally
from bench.servers import Server, roocode
from bench.wire import Client, connect

SESSIONS: Final = 8
FIRST_PART: Final = 0.25
"""Of the time: what the server keeps for good (connections, caches, threads) it has by then."""
MORE_DESCRIPTORS: Final = 8
MORE_MEMORY: Final = 1.25
MORE_MEMORY_BYTES: Final = 48 * 2**20
"""So much and a quarter more is level: what has been printed and told lately is kept within bounds."""
QUIET_S: Final = 5.0
TROUBLE: Final = re.compile(r"Traceback|Bad file descriptor|INTERNAL_ERROR|\[error", re.IGNORECASE)
MOST_SHOWN: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What the server holds while nothing is done."""

    descriptors: int
    resident_bytes: int

    def __str__(self) -> str:
        return f"{self.descriptors} descriptors, {self.resident_bytes / 2**20:.0f} MiB"


@dataclass(frozen=True, slots=True, kw_only=True)
class Soaked:
    """What came of it."""

    seconds: float
    tally: Tally
    held: Sequence[Held]
    failures: Sequence[str]

    def lines(self) -> list[str]:
        """The figures, for people."""
        told = [f"soak: {SESSIONS} sessions for {self.seconds:.0f} s"]
        told += [f"  {kind}: {number} rounds" for kind, number in sorted(self.tally.rounds.items())]
        told += [f"  held {' → '.join(str(each) for each in self.held)}"]
        told += [f"  FAILED {failure}" for failure in self.failures[:MOST_SHOWN]]
        return [*told, f"  {len(self.failures)} failures"]


async def soak(seconds: float) -> Soaked:
    """Do everything at once for so long, and tell of it."""
    tally = Tally()
    held: list[Held] = []
    failures: list[str] = []
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="roocode-bench-") as folder:
        data_dir = Path(folder) / "data"
        with roocode(data_dir, is_pinned=False) as server:
            clients = [await connect(server.url, server.auth) for _ in range(SESSIONS)]
            sessions = [
                await _session(client, data_dir, tally, number) for number, client in enumerate(clients)
            ]
            for part_s in (seconds * FIRST_PART, seconds * (1 - FIRST_PART)):
                await asyncio.gather(*(session.work(part_s) for session in sessions))
                if server.process.poll() is None:
                    held.append(await _held(server))
            await asyncio.gather(*(session.count(session.restore) for session in sessions))
            for client in clients:
                client.close()
            failures += _of_the_end(server)
    return Soaked(
        seconds=time.monotonic() - began,
        tally=tally,
        held=held,
        failures=[*tally.failures, *_of_the_level(held), *failures],
    )


async def _session(client: Client, data_dir: Path, tally: Tally, number: int) -> BusySession:
    wanted = {"name": f"busy {number}", "config": {"approvals": [{"decision": "always"}]}}
    session_id = (await client.call("session.create", wanted))["session"]["id"]
    session = BusySession(client, session_id, data_dir / "workspaces" / session_id, tally, seed=number)
    await session.prepare()
    return session


async def _held(server: Server) -> Held:
    """The least that it holds within a moment of quiet: what it is about to let go of does not count."""
    process = psutil.Process(server.process.pid)
    descriptors = process.num_fds()
    for _ in range(int(QUIET_S)):
        await asyncio.sleep(1)
        descriptors = min(descriptors, process.num_fds())
    return Held(descriptors=descriptors, resident_bytes=process.memory_info().rss)


def _of_the_level(held: Sequence[Held]) -> list[str]:
    """What has grown."""
    if len(held) < 2:
        return ["the server did not live"]
    first, last = held
    grown = []
    if last.descriptors > first.descriptors + MORE_DESCRIPTORS:
        grown.append(f"descriptors grew: {first} → {last}")
    if last.resident_bytes > first.resident_bytes * MORE_MEMORY + MORE_MEMORY_BYTES:
        grown.append(f"memory grew: {first} → {last}")
    return grown


def _of_the_end(server: Server) -> list[str]:
    """How it ended, and what its log says."""
    code = server.stop()
    ended = [] if code == 0 else [f"the server ended with {code}"]
    return ended + [f"log: {line}" for line in server.log.splitlines() if TROUBLE.search(line)]
