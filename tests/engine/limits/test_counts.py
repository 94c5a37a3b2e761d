"""Counters: the server's own storage behaves like the library's, and drops expired windows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from limits.aio.storage import MemoryStorage, Storage

from roocode_server.engine.limits import counts
from roocode_server.engine.limits.counts import MemoryCounts, steady_time


@pytest.mark.parametrize("make", [MemoryStorage, MemoryCounts])
async def test_a_storage_of_the_library_could_take_its_place(make: Callable[[], Storage]) -> None:
    storage = make()
    assert await storage.get("one") == 0
    assert [await storage.incr("one", 60) for _ in range(3)] == [1, 2, 3]
    assert await storage.incr("one", 60, amount=2) == 5
    assert await storage.incr("other", 60) == 1
    assert await storage.get("one") == 5
    assert 58 < await storage.get_expiry("one") - steady_time() < 62
    await storage.clear("one")
    assert (await storage.get("one"), await storage.get("other")) == (0, 1)
    assert await storage.check()
    await storage.reset()
    assert await storage.get("other") == 0


async def test_calls_at_the_same_time_are_each_counted() -> None:
    storage = MemoryCounts()
    assert sorted(await asyncio.gather(*(storage.incr("one", 60) for _ in range(50)))) == list(range(1, 51))


async def test_what_has_ended_begins_anew_and_is_forgotten() -> None:
    moment = 0.0
    storage = MemoryCounts(lambda: moment)
    for number in range(100):
        moment = number * 0.1
        await storage.incr(f"caller {number}", 60)
    moment = 64.95
    assert (await storage.get("caller 49"), await storage.get("caller 50")) == (0, 1)
    assert await storage.get_expiry("caller 49") == moment
    assert await storage.incr("caller 49", 60) == 1
    assert len(storage) == 51
    moment = 200.0
    await storage.incr("caller 0", 60)
    assert len(storage) == 1


async def test_a_flood_of_callers_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counts, "MOST_COUNTS", 10)
    storage = MemoryCounts()
    for number in range(30):
        await storage.incr(f"caller {number}", 60)
    assert len(storage) == 10
    assert await storage.get("caller 29") == 1
