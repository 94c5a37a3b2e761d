"""What a commit that the database refuses leaves behind: nothing, and everybody knows."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError

from roocode_server.engine.storage.tables import sessions
from roocode_server.models.task import TaskProgress
from tests.support.storage import SESSION, Storage

EVENT = TaskProgress(progress=1, step="A step")


async def refuse_events(storage: Storage) -> None:
    async with storage.database.transaction() as unit:
        await unit.execute(
            text(
                "CREATE TRIGGER refuse BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'no more room'); END"
            )
        )


async def take_events_again(storage: Storage) -> None:
    async with storage.database.transaction() as unit:
        await unit.execute(text("DROP TRIGGER refuse"))


async def test_an_append_that_is_refused_says_so(storage: Storage) -> None:
    await refuse_events(storage)
    with pytest.raises(SQLAlchemyError, match="no more room"):
        await storage.log.append(SESSION, EVENT)
    assert storage.announced == []


async def test_a_refused_append_leaves_no_hole(storage: Storage) -> None:
    await storage.log.append(SESSION, EVENT)
    await refuse_events(storage)
    with pytest.raises(SQLAlchemyError):
        await storage.log.append(SESSION, EVENT)
    await take_events_again(storage)
    assert (await storage.log.append(SESSION, EVENT)).seq == 2


async def test_a_unit_whose_event_is_refused_leaves_neither_rows_nor_events(storage: Storage) -> None:
    await refuse_events(storage)
    with pytest.raises(SQLAlchemyError):
        async with storage.database.transaction() as unit:
            await unit.execute(sessions.update().where(sessions.c.id == SESSION).values(name="Another"))
            unit.append(SESSION, EVENT)
    await take_events_again(storage)
    await storage.log.append(SESSION, EVENT)
    async with storage.database.read() as connection:
        names = (await connection.execute(select(sessions.c.name).where(sessions.c.id == SESSION))).scalars()
        assert list(names) == ["A session"]
    assert [stored.seq for stored in storage.announced] == [1]
    assert len(await storage.log.read(SESSION, after=0, limit=10)) == 1


async def test_nobody_waits_for_ever_when_the_log_cannot_be_read(storage: Storage) -> None:
    async with storage.database.transaction() as unit:
        await unit.execute(text("ALTER TABLE events RENAME TO hidden"))
    with pytest.raises(SQLAlchemyError, match="no such table"):
        async with storage.database.transaction() as unit:
            unit.append(SESSION, EVENT)
    with pytest.raises(SQLAlchemyError, match="no such table"):
        await storage.log.append(SESSION, EVENT)
    async with storage.database.transaction() as unit:
        await unit.execute(text("ALTER TABLE hidden RENAME TO events"))
    assert (await storage.log.append(SESSION, EVENT)).seq == 1
