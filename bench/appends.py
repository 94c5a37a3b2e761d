"""Durable appends per second through the whole event path, compared with SQLite itself.

Many tasks append events to one session's log, each one after the other, on a real file, with a hub and one
follower. The limit is one `executemany` of the same rows in one transaction on the same tables with the same
pragmas.
"""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import insert

from bench.figure import OURS, Figure, Target
from roocode_server.engine.events.hub import Hub
from roocode_server.engine.events.log import EventLog
from roocode_server.engine.storage.database import Database
from roocode_server.engine.storage.tables import sessions, users
from roocode_server.models.clock import now
from roocode_server.models.event import StoredEvent
from roocode_server.models.identifier import SessionId
from roocode_server.models.task import TaskProgress

TASKS: Final = 500
APPENDS: Final = 50_000
SESSION: Final = SessionId("session-bench")
LIMIT: Final = "SQLite, one transaction"
EVENT: Final = TaskProgress(progress=50, step="Reading what the tests of the event path say about it " * 2)
PRAGMAS: Final = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-65536")


class Counter:
    """A follower that keeps what it receives."""

    def __init__(self) -> None:
        self.stored: list[StoredEvent] = []

    def deliver(self, stored: StoredEvent) -> None:
        self.stored.append(stored)


async def run(rounds: int) -> AsyncIterator[Figure]:
    """Return the events per second that were stored and announced."""
    reached: defaultdict[str, list[float]] = defaultdict(list)
    for _ in range(rounds):
        with tempfile.TemporaryDirectory(prefix="roocode-bench-") as folder:
            stored, took_s = await _append(Path(folder) / "ours.sqlite3")
            reached[OURS].append(len(stored) / took_s)
            took_s = await _write_at_once(Path(folder) / "limit.sqlite3", stored)
            reached[LIMIT].append(len(stored) / took_s)
    yield Figure(name="appends", unit="events/s", rounds=reached, target=Target(peer=LIMIT, ratio=0.2))


async def _append(file: Path) -> tuple[list[StoredEvent], float]:
    """Return what the follower received, and the time it took."""
    hub, counter = Hub(), Counter()
    async with _storage(file, hub) as log:
        hub.follow(SESSION, counter)

        async def append() -> None:
            for _ in range(APPENDS // TASKS):
                await log.append(SESSION, EVENT)

        began = time.perf_counter()
        await asyncio.gather(*(append() for _ in range(TASKS)))
        took_s = time.perf_counter() - began
    assert [stored.seq for stored in counter.stored] == list(range(1, APPENDS + 1)), "a hole or a double"
    return counter.stored, took_s


async def _write_at_once(file: Path, stored: list[StoredEvent]) -> float:
    async with _storage(file, Hub()):
        pass
    rows = [
        (each.session_id, each.seq, each.type, each.task_id, each.time_ms, each.body, each.position)
        for each in stored
    ]
    with _connection(file) as connection:
        began = time.perf_counter()
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        connection.execute("COMMIT")
        return time.perf_counter() - began


@contextmanager
def _connection(file: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(file, isolation_level=None)
    try:
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        yield connection
    finally:
        connection.close()


@asynccontextmanager
async def _storage(file: Path, hub: Hub) -> AsyncIterator[EventLog]:
    """Open a log in a database with one session."""
    database = Database(f"sqlite+aiosqlite:///{file}")
    log = EventLog(database, hub.publish)
    await database.open(log)
    moment = now()
    async with database.transaction() as unit:
        await unit.execute(
            insert(users).values(
                id="user", email="user@example.org", name="User", provider="local", roles=[], preferences={},
                created_at=moment,
            )
        )  # fmt: skip
        await unit.execute(
            insert(sessions).values(
                id=SESSION, user_id="user", name="bench", workspace_id=SESSION, config={}, status="active",
                created_at=moment, updated_at=moment,
            )
        )  # fmt: skip
    try:
        yield log
    finally:
        await database.close()
