"""A prepared write does what SQLAlchemy does with the same statement."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from sqlalchemy import bindparam, delete, func, insert, select, update
from sqlalchemy.dialects.sqlite import insert as insert_or
from sqlalchemy.exc import DBAPIError

from roocode_server.engine.storage.prepared import Prepared
from roocode_server.engine.storage.tables import sessions
from tests.support.storage import SESSION, USER, Storage

MOMENT = datetime.datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=datetime.UTC)
ROW: dict[str, Any] = {
    "id": "session-three",
    "user_id": USER,
    "name": "Ünïcode 'quoted'",
    "workspace_id": "session-three",
    "config": {"mode": "code", "deep": [1, None, {"a": True}]},
    "status": "active",
    "created_at": MOMENT,
    "updated_at": MOMENT,
    "deleted_at": None,
}
INSERT = Prepared(insert(sessions))
RENAME = Prepared(update(sessions).where(sessions.c.id == bindparam("of_id")))


async def write(storage: Storage, statement: Any, *rows: dict[str, Any]) -> None:
    async with storage.database.transaction() as unit:
        await unit.write(statement, list(rows))


async def row(storage: Storage, session_id: str) -> dict[str, Any] | None:
    async with storage.database.read() as connection:
        found = await connection.execute(select(sessions).where(sessions.c.id == session_id))
        one = found.mappings().first()
        return None if one is None else dict(one)


async def test_a_row_is_stored_as_sqlalchemy_stores_it(storage: Storage) -> None:
    await write(storage, INSERT, ROW)
    await write(storage, insert(sessions), ROW | {"id": "session-four"})
    stored, expected = await row(storage, "session-three"), await row(storage, "session-four")
    assert stored is not None and expected is not None
    assert stored | {"id": ""} == expected | {"id": ""}
    assert stored["config"] == ROW["config"]
    assert stored["created_at"] == MOMENT


async def test_rows_may_have_other_names_each_time(storage: Storage) -> None:
    await write(storage, RENAME, {"of_id": SESSION, "name": "renamed"})
    await write(storage, RENAME, {"of_id": SESSION, "status": "closed", "config": {"mode": "ask"}})
    stored = await row(storage, SESSION)
    assert stored is not None
    assert (stored["name"], stored["status"], stored["config"]) == ("renamed", "closed", {"mode": "ask"})


async def test_several_rows_are_stored_at_once(storage: Storage) -> None:
    await write(storage, INSERT, *(ROW | {"id": f"session-{number}"} for number in range(3)))
    assert [await row(storage, f"session-{number}") is None for number in range(4)] == [False] * 3 + [True]


async def test_what_the_database_computes_stays_part_of_it(storage: Storage) -> None:
    counted = select(func.count()).select_from(sessions).scalar_subquery()
    await write(storage, Prepared(insert(sessions).values(name=counted, status="closed")), without("name"))
    stored = await row(storage, "session-three")
    assert stored is not None
    assert stored["name"] == "2"


async def test_a_value_of_the_statement_is_stored_where_the_row_has_none(storage: Storage) -> None:
    await write(storage, Prepared(update(sessions).values(name="all alike")))
    stored = await row(storage, SESSION)
    assert stored is not None
    assert stored["name"] == "all alike"


async def test_a_row_that_is_there_can_be_changed_instead(storage: Storage) -> None:
    added = insert_or(sessions)
    changed = added.on_conflict_do_update(index_elements=["id"], set_={"name": added.excluded.name})
    for name in ("first", "second"):
        await write(storage, Prepared(changed), ROW | {"name": name})
    stored = await row(storage, "session-three")
    assert stored is not None
    assert stored["name"] == "second"


async def test_a_write_that_fails_fails_its_unit(storage: Storage) -> None:
    with pytest.raises(DBAPIError, match="UNIQUE constraint failed"):
        await write(storage, INSERT, ROW | {"id": SESSION})
    assert await row(storage, "session-three") is None


async def test_a_name_that_it_has_no_place_for_is_refused(storage: Storage) -> None:
    with pytest.raises(TypeError, match="no_such_column"):
        await write(storage, INSERT, ROW | {"no_such_column": 1})


async def test_a_row_without_what_is_needed_is_refused(storage: Storage) -> None:
    with pytest.raises(TypeError, match="of_id"):
        await write(storage, RENAME, {"name": "whose?"})


async def test_a_statement_whose_text_depends_on_values_is_refused(storage: Storage) -> None:
    with pytest.raises(TypeError, match="not the same each time"):
        await write(storage, Prepared(delete(sessions).where(sessions.c.id.in_(["a", "b"]))))


def without(name: str) -> dict[str, Any]:
    return {key: content for key, content in ROW.items() if key not in (name, "status")}
