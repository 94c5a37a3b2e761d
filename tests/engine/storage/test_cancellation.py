"""Cancelling a caller in the middle of a statement affects no other connection."""

from __future__ import annotations

import asyncio
import random

from sqlalchemy import select, update

from roocode_server.engine.storage.tables import sessions
from tests.support.storage import SESSION, Storage


async def change(storage: Storage, name: str) -> None:
    async with storage.database.transaction() as unit:
        for _ in range(3):
            await unit.execute(update(sessions).where(sessions.c.id == SESSION).values(name=name))


async def look(storage: Storage) -> str:
    async with storage.database.read() as connection:
        found = await connection.execute(select(sessions.c.name).where(sessions.c.id == SESSION))
        return str(found.scalar_one())


async def test_the_database_goes_on_whenever_somebody_is_cancelled(storage: Storage) -> None:
    choices = random.Random(1)  # noqa: S311 - the seed makes a failure repeatable
    for number in range(200):
        work = [
            asyncio.create_task(change(storage, f"cancelled {number}")),
            asyncio.create_task(look(storage)),  # type: ignore[arg-type]
        ]
        for _ in range(choices.randrange(40)):
            await asyncio.sleep(0)
        for each in work:
            each.cancel()
        await asyncio.wait(work)
        await change(storage, f"done {number}")
        assert await look(storage) == f"done {number}"


async def test_a_unit_that_is_cancelled_leaves_nothing_behind(storage: Storage) -> None:
    before = await look(storage)
    entered = asyncio.Event()

    async def hang() -> None:
        async with storage.database.transaction() as unit:
            await unit.execute(update(sessions).where(sessions.c.id == SESSION).values(name="half"))
            entered.set()
            await asyncio.Event().wait()

    hanging = asyncio.create_task(hang())
    await entered.wait()
    hanging.cancel()
    await asyncio.wait({hanging})
    assert await look(storage) == before
