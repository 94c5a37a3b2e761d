"""Answers that are kept under idempotency keys: once, for a day, sealed, and within bounds."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import insert, select

from roocode_server.engine.idempotency.receipts import (
    MOST_IDEMPOTENCY_KEYS,
    KeyedCall,
    Receipt,
    Receipts,
)
from roocode_server.engine.sealing.keys import SealingKeys
from roocode_server.engine.storage.database import Transaction
from roocode_server.engine.storage.tables import receipts, server_state, sessions
from roocode_server.models.clock import now
from roocode_server.models.error import Conflict, IdempotencyKeyInUse, IdempotencyKeyReused, RateLimitExceeded
from roocode_server.models.identifier import UserId
from roocode_server.models.shape import Shape, value
from tests.support.storage import OTHER, SESSION, USER, Storage, storage

__all__ = ["storage"]

KEYS = SealingKeys(keys=(bytes(range(32)),), place="here")
CALL = KeyedCall(
    user_id=USER, key="one", session_id=None, operation="thing.create", request={"name": "a", "size": 1}
)


@value
class Thing(Shape):
    """What these calls create: a row of the server's own notes."""

    name: str


class Clock:
    def __init__(self) -> None:
        self.moment = now()

    def __call__(self) -> datetime.datetime:
        return self.moment


@dataclasses.dataclass
class Maker:
    """Creates things, and fails where a test wants it."""

    storage: Storage
    made: int = 0
    fails: Exception | None = None
    gate: asyncio.Event | None = None

    async def __call__(self, receipt: Receipt) -> dict[str, Any]:
        if self.gate is not None:
            await self.gate.wait()
        self.made += 1
        thing = Thing(name=f"thing {self.made} of {id(self)}")
        keep: Callable[[Transaction, Thing], Awaitable[None]] = receipt.of(lambda created: created)
        async with self.storage.database.transaction() as unit:
            await unit.execute(insert(server_state), [{"name": thing.name, "value": "a secret"}])
            await keep(unit, thing)
            if self.fails is not None:
                raise self.fails
        return thing.dump()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def kept(storage: Storage, clock: Clock) -> Receipts:
    return Receipts(storage.database, KEYS, clock)


@pytest.fixture
def maker(storage: Storage) -> Maker:
    return Maker(storage)


async def things(storage: Storage) -> list[str]:
    statement = select(server_state.c.name).where(server_state.c.name.startswith("thing"))
    async with storage.database.read() as connection:
        return list((await connection.execute(statement)).scalars())


async def rows(storage: Storage) -> list[Any]:
    async with storage.database.read() as connection:
        return list((await connection.execute(select(receipts))).mappings())


async def test_a_repeated_call_creates_nothing_and_gets_the_first_answer(
    kept: Receipts, maker: Maker, storage: Storage
) -> None:
    answers = [await kept.once(CALL, maker) for _ in range(3)]
    assert answers == [answers[0]] * 3
    assert maker.made == 1
    assert len(await things(storage)) == 1


async def test_a_call_that_asks_for_something_else_with_the_key_is_refused(
    kept: Receipts, maker: Maker
) -> None:
    await kept.once(CALL, maker)
    for other in ({"request": {"name": "b"}}, {"operation": "thing.copy"}):
        with pytest.raises(IdempotencyKeyReused):
            await kept.once(dataclasses.replace(CALL, **other), maker)
    assert maker.made == 1


async def test_the_order_of_fields_does_not_make_a_call_another_one(kept: Receipts, maker: Maker) -> None:
    first = await kept.once(CALL, maker)
    again = dataclasses.replace(CALL, request={"size": 1, "name": "a"})
    assert await kept.once(again, maker) == first


async def test_a_key_belongs_to_one_user(kept: Receipts, maker: Maker, storage: Storage) -> None:
    other = dataclasses.replace(CALL, user_id=UserId("user-two"))
    first = await kept.once(CALL, maker)
    with pytest.raises(Exception, match="FOREIGN KEY"):  # the other's call is made, for somebody unknown here
        await kept.once(other, maker)
    assert await kept.once(CALL, maker) == first


async def test_while_the_first_call_is_under_way_others_are_told_to_wait(
    kept: Receipts, storage: Storage
) -> None:
    slow = Maker(storage, gate=asyncio.Event())
    first = asyncio.create_task(kept.once(CALL, slow))
    await asyncio.sleep(0)
    for _ in range(3):
        with pytest.raises(IdempotencyKeyInUse):
            await kept.once(CALL, slow)
    assert slow.gate is not None
    slow.gate.set()
    answer = await first
    assert await kept.once(CALL, slow) == answer
    assert slow.made == 1


async def test_of_two_processes_one_creates_and_both_answer_the_same(
    kept: Receipts, storage: Storage, clock: Clock
) -> None:
    elsewhere = Receipts(storage.database, KEYS, clock)
    one, two = (Maker(storage, gate=asyncio.Event()) for _ in range(2))
    calls = [asyncio.create_task(kept.once(CALL, one)), asyncio.create_task(elsewhere.once(CALL, two))]
    await asyncio.sleep(0.05)  # both have looked for the first answer by now, or will: either way one creates
    for maker in (one, two):
        assert maker.gate is not None
        maker.gate.set()
    first, second = await asyncio.gather(*calls)
    assert first == second
    assert await things(storage) == [first["name"]]


@pytest.mark.parametrize("failure", [Conflict("No"), RuntimeError("a defect")])
async def test_a_failure_is_not_kept_and_the_call_can_be_repeated(
    kept: Receipts, maker: Maker, storage: Storage, failure: Exception
) -> None:
    maker.fails = failure
    with pytest.raises(type(failure)):
        await kept.once(CALL, maker)
    assert await things(storage) == []
    assert await rows(storage) == []
    maker.fails = None
    answer = await kept.once(CALL, maker)
    assert await things(storage) == [answer["name"]]


async def test_after_a_day_the_key_is_free_again(
    kept: Receipts, maker: Maker, clock: Clock, storage: Storage
) -> None:
    first = await kept.once(CALL, maker)
    clock.moment += datetime.timedelta(hours=23, minutes=59)
    assert await kept.once(CALL, maker) == first
    clock.moment += datetime.timedelta(minutes=1)
    assert await kept.once(CALL, maker) != first
    assert len(await rows(storage)) == 1


async def test_what_is_older_than_a_day_is_removed(
    kept: Receipts, maker: Maker, clock: Clock, storage: Storage
) -> None:
    for number in range(5):
        await kept.once(dataclasses.replace(CALL, key=f"old {number}"), maker)
    clock.moment += datetime.timedelta(days=1)
    await kept.once(CALL, maker)
    assert [row["id"] for row in await rows(storage)] == [CALL.id]
    clock.moment += datetime.timedelta(days=1)
    await kept.remove_expired()
    assert await rows(storage) == []


async def test_a_user_has_so_many_keys_a_day(
    kept: Receipts, maker: Maker, clock: Clock, storage: Storage
) -> None:
    used = [
        {
            "id": str(number),
            "user_id": USER,
            "session_id": None,
            "sealed_answer": "",
            "created_at": clock.moment,
        }
        for number in range(MOST_IDEMPOTENCY_KEYS)
    ]
    async with storage.database.transaction() as unit:
        await unit.execute(insert(receipts), used)
    clock.moment += datetime.timedelta(hours=1)
    with pytest.raises(RateLimitExceeded) as refused:
        await kept.once(CALL, maker)
    assert maker.made == 0
    clock.moment += datetime.timedelta(seconds=refused.value.retry_after_s)
    await kept.once(CALL, maker)


async def test_answers_are_sealed_and_go_with_their_session(
    kept: Receipts, maker: Maker, storage: Storage
) -> None:
    here, there = (dataclasses.replace(CALL, key=at, session_id=at) for at in (SESSION, OTHER))
    answer = await kept.once(here, maker)
    await kept.once(there, maker)
    assert all(answer["name"] not in row["sealed_answer"] for row in await rows(storage))
    async with storage.database.transaction() as unit:
        await storage.log.retire(unit, SESSION)
        await unit.execute(sessions.delete().where(sessions.c.id == SESSION))
    assert [row["id"] for row in await rows(storage)] == [there.id]
