"""A SELECT has the result that SQLAlchemy gives for it."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from sqlalchemy import bindparam, column, exists, func, insert, literal, or_, select, tuple_, union_all
from sqlalchemy.exc import DBAPIError, InvalidRequestError

from roocode_server.engine.storage.tables import sessions, users
from tests.support.storage import OTHER, SESSION, USER, Storage

MOMENT = datetime.datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=datetime.UTC)
OF_NAME = select(sessions).where(sessions.c.id == bindparam("wanted"))
SELECTS = [
    select(sessions),
    select(sessions).where(sessions.c.id == SESSION, sessions.c.deleted_at.is_(None)).limit(1),
    select(sessions.c.id, sessions.c.config, sessions.c.created_at).order_by(sessions.c.id.desc()),
    select(sessions.c.id).where(sessions.c.id.in_([SESSION, OTHER, "another"])),
    select(sessions.c.id).where(sessions.c.id.in_([])),
    select(sessions.c.id).where(sessions.c.id.not_in(["another"]), sessions.c.created_at <= MOMENT),
    select(sessions.c.id, users.c.id, users.c.email).join(users, users.c.id == sessions.c.user_id),
    select(func.count()).select_from(sessions),
    select(func.max(sessions.c.created_at).label("latest"), literal("a text")),
    select(exists().where(sessions.c.id == SESSION)),
    select(sessions.c.id).where(or_(sessions.c.id == SESSION, sessions.c.name == "no such name")),
    union_all(select(sessions.c.id, sessions.c.created_at), select(users.c.id, users.c.created_at)),
    select(users.c.id).where(users.c.id == "nobody"),
    select(sessions.c.id).where(tuple_(sessions.c.created_at, sessions.c.id) > (MOMENT, SESSION)),
    select(sessions.c.id).where(tuple_(sessions.c.id, sessions.c.user_id).in_([(SESSION, USER), ("", "")])),
    OF_NAME.params(wanted=SESSION),
]


async def plainly(storage: Storage, statement: Any) -> tuple[list[str], list[tuple[Any, ...]]]:
    """The result that SQLAlchemy gives."""
    async with storage.database._readers.one() as connection:
        found = await connection.execute(statement)
        return list(found.keys()), [tuple(row) for row in found]


@pytest.mark.parametrize("statement", SELECTS, ids=range(len(SELECTS)))
async def test_rows_are_those_of_sqlalchemy(storage: Storage, statement: Any) -> None:
    names, rows = await plainly(storage, statement)
    async with storage.database.read() as connection:
        for _ in range(2):
            found = await connection.execute(statement)
            assert list(found.keys()) == names
            assert [tuple(row) for row in found] == rows


@pytest.mark.parametrize("wanted", [SESSION, OTHER, "another"])
async def test_one_statement_is_asked_with_other_values_each_time(storage: Storage, wanted: str) -> None:
    async with storage.database.read() as connection:
        named = (await connection.select(OF_NAME, {"wanted": wanted})).mappings()
        built = (await connection.select(select(sessions).where(sessions.c.id == wanted))).mappings()
    assert named == built
    assert [row["id"] for row in named] == [each for each in (SESSION, OTHER) if each == wanted]


async def test_what_is_in_a_column_is_found_by_the_column_too(storage: Storage) -> None:
    statement = select(sessions.c.id, users.c.id).join(users, users.c.id == sessions.c.user_id)
    async with storage.database.read() as connection:
        row = (await connection.execute(statement.where(sessions.c.id == SESSION))).mappings().one()
    assert (row[sessions.c.id], row[users.c.id]) == (SESSION, USER)


async def test_a_unit_of_work_sees_what_it_has_written(storage: Storage) -> None:
    async with storage.database.transaction() as unit:
        row = {"id": "session-new", "user_id": USER, "name": "New", "workspace_id": "session-new"}
        times = {"created_at": MOMENT, "updated_at": MOMENT}
        await unit.write(insert(sessions), [row | times | {"config": {"mode": "ask"}, "status": "active"}])
        [found] = (await unit.connection.select(OF_NAME, {"wanted": "session-new"})).mappings()
    assert (found["config"], found["created_at"], found["deleted_at"]) == ({"mode": "ask"}, MOMENT, None)


async def test_a_value_that_is_left_out_is_named(storage: Storage) -> None:
    async with storage.database.read() as connection:
        with pytest.raises(InvalidRequestError, match="wanted"):
            await connection.select(OF_NAME)


async def test_what_the_driver_refuses_is_an_error_of_the_database(storage: Storage) -> None:
    async with storage.database.read() as connection:
        with pytest.raises(DBAPIError, match="no such column"):
            await connection.select(select(column("missing")).select_from(sessions))
        assert len((await connection.select(OF_NAME, {"wanted": SESSION})).rows) == 1
