"""The connections that read are kept open, and are as many as are allowed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from roocode_server.engine.storage.readers import Readers


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    made = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'test.sqlite3'}", pool_size=2)
    yield made
    await made.dispose()


async def test_the_next_reader_gets_the_connection_of_the_one_before(engine: AsyncEngine) -> None:
    readers = Readers(engine, 2)
    async with readers.one() as first:
        pass
    async with readers.one() as second, readers.one() as other:
        assert second is first
        assert other is not first
    await readers.close()


async def test_who_comes_when_all_are_taken_waits(engine: AsyncEngine) -> None:
    readers = Readers(engine, 1)

    async def read() -> int:
        async with readers.one() as connection:
            return int((await connection.execute(text("SELECT 1"))).scalar_one())

    async with readers.one():
        waiting = asyncio.create_task(read())
        await asyncio.sleep(0.01)
        assert not waiting.done()
    assert await waiting == 1
    await readers.close()


async def test_a_connection_on_which_something_failed_is_not_kept(engine: AsyncEngine) -> None:
    readers = Readers(engine, 1)
    with pytest.raises(OperationalError):
        async with readers.one() as failed:
            await failed.execute(text("SELECT * FROM nothing_like_it"))
    assert failed.closed
    async with readers.one() as next_one:
        assert next_one is not failed
    await readers.close()


async def test_one_that_is_in_use_when_all_are_closed_is_closed_when_it_is_given_back(
    engine: AsyncEngine,
) -> None:
    readers = Readers(engine, 2)
    async with readers.one() as kept:
        pass
    async with readers.one() as used:
        async with readers.one():
            pass
        await readers.close()
        assert not used.closed
    assert kept.closed
    assert used.closed


async def test_a_cancelled_caller_leaves_its_place_to_the_next(engine: AsyncEngine) -> None:
    readers = Readers(engine, 1)

    is_there = asyncio.Event()

    async def stay() -> None:
        async with readers.one():
            is_there.set()
            await asyncio.Event().wait()

    staying = asyncio.create_task(stay())
    await is_there.wait()
    staying.cancel()
    await asyncio.wait([staying])
    async with asyncio.timeout(10), readers.one() as connection:
        assert not connection.closed
    await readers.close()
