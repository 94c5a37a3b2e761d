"""`python -m bench soak`: eight sessions do everything at once, for minutes, and nothing may go wrong.

A real server runs commands, processes, terminals, file updates, searches, checkpoints and tasks in each of
eight sessions at the same time, and every content is compared. The exit code is 1 if a content was wrong, a
call failed or was not answered, the server died, did not stop when asked or logged errors, or if its
descriptors or memory did not level off. Those are measured at several moments without load, after the first
part of the run. Memory is measured without SQLite's, which caches pages of a growing database within limits;
the line fitted to all measurements may rise by a few KiB per round of work.
"""

from __future__ import annotations

import asyncio
import re
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

from bench.busy import BusySession, Tally
from bench.servers import Server, resting_roocode
from bench.wire import Client, connect

SESSIONS: Final = 8
FIRST_PART: Final = 0.25
"""The share of the time after which the server has what it keeps permanently (connections, caches, threads).
"""
PARTS: Final = 5
"""The number of parts of the remaining time; memory is measured after each."""
MORE_DESCRIPTORS: Final = 8
MORE_BYTES_A_ROUND: Final = 4096
MORE_BYTES: Final = 12 * 2**20
"""An allowance independent of the time: recent output and changes are kept within limits."""
QUIET_S: Final = 3.0
TROUBLE: Final = re.compile(r"Traceback|Bad file descriptor|INTERNAL_ERROR|\[error", re.IGNORECASE)
MOST_SHOWN: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What the server holds without load."""

    rounds: int
    """Rounds of work so far."""
    descriptors: int
    resident_bytes: int
    database_bytes: int

    @property
    def own_bytes(self) -> int:
        """Without cached pages of the database, which grows."""
        return self.resident_bytes - self.database_bytes

    def __str__(self) -> str:
        resident, database = self.resident_bytes / 2**20, self.database_bytes / 2**20
        return (
            f"after {self.rounds} rounds {self.descriptors} descriptors, {resident:.1f} MiB"
            f" of which {database:.1f} MiB of SQLite"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Soaked:
    """The result of a run."""

    sessions: int
    seconds: float
    tally: Tally
    held: Sequence[Held]
    failures: Sequence[str]

    def lines(self) -> list[str]:
        """Return the figures as text."""
        told = [f"soak: {self.sessions} sessions for {self.seconds:.0f} s"]
        told += [f"  {kind}: {number} rounds" for kind, number in sorted(self.tally.rounds.items())]
        told += [f"  {each}" for each in self.held]
        if len(self.held) > 1:
            told += [f"  {bytes_a_round(self.held) / 1024:+.1f} KiB a round"]
        told += [f"  FAILED {failure}" for failure in self.failures[:MOST_SHOWN]]
        return [*told, f"  {len(self.failures)} failures"]


async def soak(
    seconds: float,
    *,
    sessions: int = SESSIONS,
    parts: int = PARTS,
    leaked_bytes: int = 0,
    quiet_s: float = QUIET_S,
    pause_s: float = 0,
) -> Soaked:
    """Do everything at once in this many sessions for this long, and return the report.

    Between two rounds of a kind a session pauses for `pause_s`; it does every kind of work at least once in
    each part. The server loses `leaked_bytes` per call, and is left alone for `quiet_s` before measurements.
    """
    tally = Tally()
    held: list[Held] = []
    failures: list[str] = []
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="roocode-bench-") as folder:
        data_dir = Path(folder) / "data"
        with resting_roocode(data_dir, leaked_bytes=leaked_bytes) as server:
            clients = [await connect(server.url, server.auth) for _ in range(sessions)]
            busy = [await _session(client, data_dir, tally, number) for number, client in enumerate(clients)]
            for part_s in (seconds * FIRST_PART, *[seconds * (1 - FIRST_PART) / parts] * parts):
                await asyncio.gather(*(session.work(part_s, pause_s) for session in busy))
                if server.process.poll() is None:
                    held.append(await _held(server, tally, quiet_s))
            await asyncio.gather(*(session.count(session.restore) for session in busy))
            for client in clients:
                client.close()
            failures += _of_the_end(server)
    return Soaked(
        sessions=sessions,
        seconds=time.monotonic() - began,
        tally=tally,
        held=held,
        failures=[*tally.failures, *of_the_level(held, parts), *failures],
    )


async def _session(client: Client, data_dir: Path, tally: Tally, number: int) -> BusySession:
    wanted = {"name": f"busy {number}", "config": {"approvals": [{"decision": "always"}]}}
    session_id = (await client.call("session.create", wanted))["session"]["id"]
    session = BusySession(client, session_id, data_dir / "workspaces" / session_id, tally, seed=number)
    await session.prepare()
    return session


async def _held(server: Server, tally: Tally, quiet_s: float) -> Held:
    """Return the least that the server holds during a moment of rest, ignoring what it will soon release."""
    process = psutil.Process(server.process.pid)
    descriptors = process.num_fds()
    for _ in range(int(quiet_s)):
        await asyncio.sleep(1)
        descriptors = min(descriptors, process.num_fds())
    resident, database = await asyncio.to_thread(server.settled_bytes)
    return Held(
        rounds=tally.rounds.total(),
        descriptors=descriptors,
        resident_bytes=resident,
        database_bytes=database,
    )


def bytes_a_round(held: Sequence[Held]) -> float:
    """Return the growth per round of what the server holds: the slope of the best-fitting line."""
    slope, _ = statistics.linear_regression([each.rounds for each in held], [each.own_bytes for each in held])
    return slope


def of_the_level(held: Sequence[Held], parts: int = PARTS) -> list[str]:
    """Return what has grown."""
    if len(held) < 1 + parts:
        return ["the server did not live"]
    first, last = held[0], held[-1]
    grown = []
    if last.descriptors > first.descriptors + MORE_DESCRIPTORS:
        grown.append(f"descriptors grew: {first} → {last}")
    rounds = last.rounds - first.rounds
    if bytes_a_round(held) * rounds > MORE_BYTES + MORE_BYTES_A_ROUND * rounds:
        grown.append(f"memory grew: {bytes_a_round(held) / 1024:.1f} KiB a round: {first} → {last}")
    return grown


def _of_the_end(server: Server) -> list[str]:
    """Return how the server ended, and what its log says."""
    code = server.stop()
    ended = [] if code == 0 else [f"the server ended with {code}"]
    return ended + [f"log: {line}" for line in server.log.splitlines() if TROUBLE.search(line)]
