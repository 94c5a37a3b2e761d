"""A lock for each key, of which nothing remains when it is released."""

from __future__ import annotations

import asyncio

import pytest

from roocode_server.engine.concurrency.keyed_locks import KeyedLocks


async def test_holders_of_one_key_come_one_after_the_other_in_their_order() -> None:
    locks, under_way, order = KeyedLocks(), [0], []

    async def work(number: int) -> None:
        async with locks.holding("key"):
            under_way[0] += 1
            assert under_way == [1]
            await asyncio.sleep(0)
            order.append(number)
            under_way[0] -= 1

    await asyncio.gather(*(work(number) for number in range(10)))
    assert order == list(range(10))


async def test_holders_of_other_keys_are_not_waited_for() -> None:
    locks = KeyedLocks()
    async with locks.holding("one"), locks.holding("another"):
        assert len(locks) == 2


async def test_nothing_is_left_of_a_key_when_nobody_wants_it() -> None:
    locks = KeyedLocks()
    with pytest.raises(ZeroDivisionError):
        async with locks.holding("key"):
            raise ZeroDivisionError
    async with locks.holding("key"):
        waiting = asyncio.create_task(locks.holding("key").__aenter__())
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait({waiting})
    assert len(locks) == 0
