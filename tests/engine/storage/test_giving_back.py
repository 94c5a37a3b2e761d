"""The room of deleted rows is given back to the disk while the database is used."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, text

from roocode_server.engine.storage import database as module
from roocode_server.engine.storage.tables import server_state
from tests.support.storage import Storage, open_storage

LARGE = "x" * 4000
ROWS = 3000


@pytest.fixture(autouse=True)
def little_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEPT_FREE_BYTES", 100 * 4096)
    monkeypatch.setattr(module, "PAUSE_BETWEEN_PAGES_S", 0.0)


async def fill_and_empty(storage: Storage) -> None:
    """Store rows with a page each, and delete all but every tenth, so that free pages are everywhere."""
    rows = [{"name": f"row {number}", "value": LARGE} for number in range(ROWS)]
    async with storage.database.transaction() as unit:
        await unit.execute(insert(server_state), rows)
    kept = [f"row {number}" for number in range(0, ROWS, 10)]
    async with storage.database.transaction() as unit:
        gone = server_state.c.name.like("row %") & server_state.c.name.not_in(kept)
        await unit.execute(delete(server_state).where(gone))


async def figure(storage: Storage, name: str) -> int:
    async with storage.database.read() as connection:
        return int((await connection.execute(text(f"PRAGMA {name}"))).scalar_one())


async def test_free_pages_leave_the_file_but_for_what_new_rows_soon_need(
    storage: Storage, tmp_path: Path
) -> None:
    await fill_and_empty(storage)
    free = await figure(storage, "freelist_count")
    given = await storage.database.give_back()
    left = await figure(storage, "freelist_count")
    assert given == (free - left) * 4096 > 0.8 * ROWS * 4096
    assert left <= 110
    assert await storage.database.give_back() == 0
    await storage.database.close()
    file = tmp_path / "test.sqlite3"
    assert file.stat().st_size < 0.4 * ROWS * 4096
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        query = "SELECT count(*), min(length(value)) FROM server_state WHERE name LIKE 'row %'"
        assert connection.execute(query).fetchone() == (ROWS / 10, len(LARGE))


async def test_others_write_meanwhile(storage: Storage) -> None:
    await fill_and_empty(storage)
    giving = asyncio.create_task(storage.database.give_back())
    written = 0
    while not giving.done():
        async with storage.database.transaction() as unit:
            await unit.execute(insert(server_state), [{"name": f"new {written}", "value": LARGE}])
        written += 1
    assert await giving > 0
    assert written > 5


async def test_a_database_of_an_older_server_gives_back_once_it_was_compacted(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "test.sqlite3")) as connection:
        connection.execute("CREATE TABLE of_old (one)")
    storage = await open_storage(tmp_path)
    await fill_and_empty(storage)
    assert await storage.database.give_back() == 0
    await storage.database.close()
    storage = await open_storage(tmp_path)
    await storage.database.compact()
    await storage.database.close()
    storage = await open_storage(tmp_path)
    async with storage.database.transaction() as unit:
        await unit.execute(delete(server_state).where(server_state.c.name.like("row %")))
    assert await storage.database.give_back() > 0
    await storage.database.close()
