"""Units of work are stored completely or not at all, without affecting others in the same commit."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import Update, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from roocode_server.engine.storage.tables import sessions
from roocode_server.models.task import TaskProgress
from tests.support.storage import OTHER, SESSION, Storage

EVENT = TaskProgress(progress=1, step="A step")
TWICE = insert(sessions).from_select(
    list(sessions.c.keys()), select(sessions).where(sessions.c.id == SESSION)
)
"""A statement that always fails: the session already exists."""


async def name_of(storage: Storage, session_id: str = SESSION) -> str:
    async with storage.database.read() as connection:
        found = await connection.execute(select(sessions.c.name).where(sessions.c.id == session_id))
        return str(found.scalar_one())


def renamed(name: str, session_id: str = SESSION) -> Update:
    return update(sessions).where(sessions.c.id == session_id).values(name=name)


async def test_what_is_written_is_seen_within_the_unit_and_stored_with_it(storage: Storage) -> None:
    async with storage.database.transaction() as unit:
        await unit.write(renamed("New"))
        seen = await unit.execute(select(sessions.c.name).where(sessions.c.id == SESSION))
        assert seen.scalar_one() == "New"
        assert await name_of(storage) == "A session"
    assert await name_of(storage) == "New"


async def test_a_snapshot_stays_as_it_was_while_others_write(storage: Storage) -> None:
    wanted = select(sessions.c.name).where(sessions.c.id == SESSION)
    async with storage.database.snapshot() as read:
        assert (await read.execute(wanted)).scalar_one() == "A session"
        async with storage.database.transaction() as unit:
            await unit.write(renamed("New"))
        assert (await read.execute(wanted)).scalar_one() == "A session"
        assert await name_of(storage) == "New"
    async with storage.database.snapshot() as read:
        assert (await read.execute(wanted)).scalar_one() == "New"


async def test_a_write_that_fails_fails_its_unit_and_leaves_nothing_of_it(storage: Storage) -> None:
    with pytest.raises(SQLAlchemyError, match="UNIQUE"):
        async with storage.database.transaction() as unit:
            await unit.write(renamed("Half"))
            await unit.write(TWICE)
            unit.append(SESSION, EVENT)
    assert await name_of(storage) == "A session"
    assert storage.announced == []
    assert (await storage.log.append(SESSION, EVENT)).seq == 1


async def test_a_write_that_fails_is_heard_of_by_the_next_statement_that_looks(storage: Storage) -> None:
    with pytest.raises(SQLAlchemyError, match="UNIQUE"):
        async with storage.database.transaction() as unit:
            await unit.write(TWICE)
            await unit.execute(select(sessions.c.id))
    async with storage.database.transaction() as unit:
        await unit.write(renamed("After"))
    assert await name_of(storage) == "After"


async def test_units_that_share_a_commit_with_one_that_fails_are_stored(storage: Storage) -> None:
    async def rename(session_id: str, name: str) -> None:
        async with storage.database.transaction() as unit:
            await unit.write(renamed(name, session_id))

    async def fail() -> None:
        async with storage.database.transaction() as unit:
            await unit.write(renamed("Half"))
            await unit.write(TWICE)

    async def give_up() -> None:
        async with storage.database.transaction() as unit:
            await unit.write(renamed("Given up"))
            raise ZeroDivisionError

    one, failed, gave_up, two = await asyncio.gather(
        rename(SESSION, "One"), fail(), give_up(), rename(OTHER, "Two"), return_exceptions=True
    )
    assert (one, two) == (None, None)
    assert isinstance(failed, SQLAlchemyError) and isinstance(gave_up, ZeroDivisionError)
    assert (await name_of(storage), await name_of(storage, OTHER)) == ("One", "Two")
