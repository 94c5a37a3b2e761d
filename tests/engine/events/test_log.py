"""The event log: numbered without gaps, stored before it is announced, readable from any cursor."""

from __future__ import annotations

import asyncio
from pathlib import Path

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from roocode_server.models.error import NotFound
from roocode_server.models.event import EPOCH
from roocode_server.models.identifier import SessionId, TaskId
from roocode_server.models.task import TaskProgress, TaskStarted
from tests.support.nightly import times
from tests.support.storage import OTHER, SESSION, Storage, open_storage


def progress(percent: int) -> TaskProgress:
    return TaskProgress(progress=percent, step="working")


async def test_an_event_carries_its_own_fields_flat_with_the_envelope_beside_them(storage: Storage) -> None:
    await storage.log.append(SESSION, progress(40), task_id=TaskId("task-1"))
    [stored] = storage.announced
    body = orjson.loads(stored.body)
    assert body == {
        "id": f"{SESSION}.1.{EPOCH}",
        "type": "task.progress",
        "sessionId": SESSION,
        "taskId": "task-1",
        "seq": 1,
        "timestamp": body["timestamp"],
        "progress": 40,
        "step": "working",
    }


async def test_events_of_each_session_are_numbered_from_one_without_holes(storage: Storage) -> None:
    await asyncio.gather(
        *(storage.log.append(session, progress(n)) for n in range(50) for session in (SESSION, OTHER))
    )
    for session in (SESSION, OTHER):
        told = [stored.seq for stored in storage.announced if stored.session_id == session]
        assert told == list(range(1, 51))


async def test_an_event_is_on_disk_when_it_is_announced(storage: Storage) -> None:
    stored = await storage.log.append(SESSION, progress(1))
    [read] = await storage.log.read(SESSION, after=0, limit=10)
    assert read.body == stored.body


async def test_an_event_for_an_unknown_session_is_refused_and_the_others_are_stored(storage: Storage) -> None:
    outcomes = await asyncio.gather(
        storage.log.append(SESSION, progress(1)),
        storage.log.append(SessionId("session-none"), progress(2)),
        storage.log.append(SESSION, progress(3)),
        return_exceptions=True,
    )
    assert isinstance(outcomes[1], NotFound)
    assert [stored.seq for stored in storage.announced] == [1, 2]


async def test_a_unit_that_fails_leaves_neither_rows_nor_events_nor_a_hole(storage: Storage) -> None:
    with pytest.raises(ZeroDivisionError):
        async with storage.database.transaction() as unit:
            await unit.execute(text("UPDATE sessions SET name = 'changed'"))
            unit.append(SESSION, progress(1))
            raise ZeroDivisionError
    await storage.log.append(SESSION, progress(2))
    assert [(stored.seq, orjson.loads(stored.body)["progress"]) for stored in storage.announced] == [(1, 2)]
    async with storage.database.read() as connection:
        names = (await connection.execute(text("SELECT DISTINCT name FROM sessions"))).scalars().all()
    assert names == ["A session"]


async def test_a_statement_that_fails_ends_its_own_unit_only(storage: Storage) -> None:
    async def broken() -> None:
        async with storage.database.transaction() as unit:
            unit.append(SESSION, progress(1))
            await unit.execute(text("INSERT INTO nowhere VALUES (1)"))

    outcomes = await asyncio.gather(
        storage.log.append(SESSION, progress(2)),
        broken(),
        storage.log.append(SESSION, progress(3)),
        return_exceptions=True,
    )
    assert isinstance(outcomes[1], SQLAlchemyError)
    assert [stored.seq for stored in storage.announced] == [1, 2]


async def test_a_unit_that_is_cancelled_while_it_works_is_rolled_back(storage: Storage) -> None:
    entered = asyncio.Event()

    async def linger() -> None:
        async with storage.database.transaction() as unit:
            unit.append(SESSION, progress(1))
            entered.set()
            await asyncio.Event().wait()

    lingering = asyncio.create_task(linger())
    await entered.wait()
    lingering.cancel()
    await asyncio.wait({lingering})
    stored = await storage.log.append(SESSION, progress(2))
    assert stored.seq == 1


async def test_a_unit_within_a_unit_is_a_mistake_that_shows_at_once(storage: Storage) -> None:
    async with storage.database.transaction():
        with pytest.raises(RuntimeError, match="use it"):
            async with storage.database.transaction():
                pass


async def test_reading_gives_what_comes_after_the_cursor_up_to_the_limit(storage: Storage) -> None:
    for number in range(10):
        await storage.log.append(SESSION, progress(number))
    page = await storage.log.read(SESSION, after=3, limit=4)
    assert [stored.seq for stored in page] == [4, 5, 6, 7]
    assert await storage.log.read(SESSION, after=10, limit=4) == []
    assert await storage.log.head(SESSION) == 10


async def test_numbering_goes_on_after_a_restart(storage: Storage, tmp_path: Path) -> None:
    await storage.log.append(SESSION, progress(1))
    await storage.database.close()
    again = await open_storage(tmp_path)
    try:
        assert (await again.log.append(SESSION, TaskStarted(input="mend it"))).seq == 2
    finally:
        await again.database.close()


async def test_a_retired_log_takes_nothing_more_and_reads_empty(storage: Storage) -> None:
    await storage.log.append(SESSION, progress(1))
    async with storage.database.transaction() as unit:
        await storage.log.retire(unit, SESSION)
        await unit.execute(text(f"DELETE FROM sessions WHERE id = '{SESSION}'"))  # noqa: S608
    with pytest.raises(NotFound):
        await storage.log.append(SESSION, progress(2))
    assert await storage.log.read(SESSION, after=0, limit=10) == []


@settings(
    max_examples=times(8, nightly=25),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(fates=st.lists(st.sampled_from(["append", "unit", "failing", "double"]), max_size=40))
async def test_whatever_succeeds_and_fails_at_once_the_numbers_have_no_hole(
    storage: Storage, fates: list[str]
) -> None:
    storage.announced.clear()
    before = await storage.log.head(SESSION)

    async def run(fate: str) -> int:
        if fate == "append":
            await storage.log.append(SESSION, progress(1))
            return 1
        events = 2 if fate == "double" else 1
        try:
            async with storage.database.transaction() as unit:
                for _ in range(events):
                    unit.append(SESSION, progress(1))
                await unit.execute(text("SELECT 1"))
                if fate == "failing":
                    raise ZeroDivisionError
        except ZeroDivisionError:
            return 0
        return events

    stored = sum(await asyncio.gather(*(run(fate) for fate in fates)))
    told = [event.seq for event in storage.announced]
    assert told == list(range(before + 1, before + stored + 1))
    read = await storage.log.read(SESSION, after=before, limit=1000)
    assert [event.seq for event in read] == told
