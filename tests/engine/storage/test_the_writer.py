"""The single writer: what is wrong with one unit of work affects no other."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import update
from sqlalchemy.exc import SQLAlchemyError

from roocode_server.engine.events.feed import Feed
from roocode_server.engine.events.log import EventLog
from roocode_server.engine.storage.database import Database, DatabaseUnusable, UnitTooSlow
from roocode_server.engine.storage.tables import sessions
from roocode_server.models.event import StoredEvent
from roocode_server.models.task import TaskProgress, ToolStarted
from tests.support.storage import OTHER, SESSION, Storage

EVENT = TaskProgress(progress=1, step="A step")


def started(**parameters: Any) -> ToolStarted:
    return ToolStarted(call_id="call-1", tool_name="use_mcp_tool", parameters=parameters)


def deep(depth: int) -> Any:
    content: Any = 1
    for _ in range(depth):
        content = [content]
    return content


@pytest.mark.parametrize(
    "event",
    [
        TaskProgress(progress=1, step="half an emoji: \ud83d"),
        started(v=deep(255)),
        started(v=deep(300)),
        started(v=10**24),
        started(**{"\udcff": 1}),
    ],
    ids=["surrogate", "255 deep", "300 deep", "24 digits", "surrogate in a name"],
)
async def test_an_event_that_json_has_no_form_for_is_stored_made_fit(storage: Storage, event: Any) -> None:
    stored = await storage.log.append(SESSION, event)
    assert orjson.loads(stored.body)["seq"] == 1
    assert (await storage.log.append(SESSION, EVENT)).seq == 2


async def test_a_unit_whose_event_cannot_be_encoded_fails_alone(storage: Storage) -> None:
    async def tell(event: Any, session_id: Any) -> None:
        async with storage.database.transaction() as unit:
            unit.append(session_id, event)

    broken, whole = await asyncio.gather(
        tell(started(v=object()), SESSION), tell(EVENT, OTHER), return_exceptions=True
    )
    assert isinstance(broken, TypeError) and whole is None
    with pytest.raises(TypeError):
        await storage.log.append(SESSION, started(v=object()))
    assert [event.session_id for event in storage.announced] == [OTHER]


@pytest.mark.parametrize("name", ["\ud83d", 2**70])
async def test_what_the_driver_refuses_fails_its_unit_alone(storage: Storage, name: Any) -> None:
    async def rename(session_id: str, to: Any) -> None:
        async with storage.database.transaction() as unit:
            await unit.write(update(sessions).where(sessions.c.id == session_id).values(name=to))

    refused, taken = await asyncio.gather(rename(SESSION, name), rename(OTHER, "New"), return_exceptions=True)
    assert isinstance(refused, Exception) and taken is None
    assert (await storage.log.append(SESSION, EVENT)).seq == 1


@pytest.fixture
async def hasty(storage: Storage, tmp_path: Path) -> AsyncIterator[Storage]:
    """The same storage, with a database that gives up a unit after a moment."""
    announced: list[StoredEvent] = []
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'test.sqlite3'}", unit_limit_s=0.05)
    feed = Feed(database)
    log = EventLog(database, announced.extend, feed)
    await database.open(log)
    yield Storage(database, log, feed, announced)
    await database.close()


async def test_a_unit_that_does_not_end_keeps_nobody_waiting(hasty: Storage) -> None:
    async def stall() -> None:
        async with hasty.database.transaction() as unit:
            await unit.write(update(sessions).where(sessions.c.id == SESSION).values(name="Half"))
            await others_done.wait()
            await unit.execute(update(sessions).values(name="Late"))

    others_done = asyncio.Event()
    stalled = asyncio.create_task(stall())
    await asyncio.sleep(0)
    assert (await hasty.log.append(SESSION, EVENT)).seq == 1
    others_done.set()
    with pytest.raises(UnitTooSlow):
        await stalled
    async with hasty.database.read() as connection:
        names = (await connection.execute(sessions.select().with_only_columns(sessions.c.name))).scalars()
        assert set(names) == {"A session"}


async def test_a_unit_that_ends_too_late_hears_that_nothing_of_it_is_stored(hasty: Storage) -> None:
    with pytest.raises(UnitTooSlow):
        async with hasty.database.transaction() as unit:
            unit.append(SESSION, EVENT)
            await hasty.log.append(OTHER, EVENT)
    assert [event.session_id for event in hasty.announced] == [OTHER]


async def test_all_who_wait_for_a_locked_database_hear_of_it_together(
    storage: Storage, tmp_path: Path
) -> None:
    async def rename(number: int) -> None:
        async with storage.database.transaction() as unit:
            await unit.write(update(sessions).where(sessions.c.id == SESSION).values(name=str(number)))

    other = sqlite3.connect(tmp_path / "test.sqlite3", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        waiting = [asyncio.create_task(rename(number)) for number in range(20)]
        outcomes = await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), 25)
    finally:
        other.execute("ROLLBACK")
        other.close()
    assert all(isinstance(outcome, SQLAlchemyError) for outcome in outcomes)
    assert (await storage.log.append(SESSION, EVENT)).seq == 1


async def test_a_writer_that_ends_is_heard_of_by_everybody(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise ZeroDivisionError("a mistake in the writer itself")

    monkeypatch.setattr(storage.log, "committed", fail)
    with pytest.raises(DatabaseUnusable):
        await asyncio.gather(storage.log.append(SESSION, EVENT), storage.log.append(OTHER, EVENT))
    broken = await storage.database.broken()
    assert "a mistake in the writer itself" in str(broken)
    with pytest.raises(DatabaseUnusable):
        await storage.log.append(SESSION, EVENT)
    with pytest.raises(DatabaseUnusable):
        async with storage.database.transaction():
            raise AssertionError("never granted")
    with pytest.raises(DatabaseUnusable):
        await storage.database.probe()


async def test_a_probe_writes(storage: Storage, tmp_path: Path) -> None:
    await storage.database.probe()
    with sqlite3.connect(tmp_path / "test.sqlite3") as other:
        ((probed,),) = other.execute("SELECT value FROM server_state WHERE name = 'probed'").fetchall()
    assert int(probed) > 0


async def test_numbers_are_read_again_after_a_commit_that_failed(storage: Storage, tmp_path: Path) -> None:
    await storage.log.append(SESSION, EVENT)
    with sqlite3.connect(tmp_path / "test.sqlite3") as other:
        other.execute("INSERT INTO events SELECT session_id, 2, type, task_id, time_ms, body, 2 FROM events")
    with pytest.raises(SQLAlchemyError, match="UNIQUE"):
        await storage.log.append(SESSION, EVENT)
    assert (await storage.log.append(SESSION, EVENT)).seq == 3
