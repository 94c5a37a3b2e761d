from __future__ import annotations

import asyncio

from roocode_server.engine.concurrency.read_through_cache import ReadThroughCache

LIFETIME_S = 5.0


class Shelf:
    """Something that is looked up, and how often it was."""

    def __init__(self) -> None:
        self.contents = {"a": 1, "b": 2, "c": 3}
        self.times = 0
        self.moment = 0.0

    async def look_up(self, key: str) -> int | None:
        self.times += 1
        return self.contents.get(key)

    def clock(self) -> float:
        return self.moment

    def lately(self, *, most: int = 10, caches_misses: bool = False) -> ReadThroughCache[str, int]:
        return ReadThroughCache(
            self.look_up,
            lifetime_s=LIFETIME_S,
            most=most,
            caches_misses=caches_misses,
            clock=self.clock,
        )


async def test_what_was_found_is_not_looked_up_again() -> None:
    shelf = Shelf()
    lately = shelf.lately()
    assert [await lately.find("a"), await lately.find("a")] == [1, 1]
    assert shelf.times == 1


async def test_what_is_missing_is_looked_up_each_time() -> None:
    shelf = Shelf()
    lately = shelf.lately()
    assert await lately.find("z") is None
    shelf.contents["z"] = 26
    assert await lately.find("z") == 26


async def test_what_is_missing_is_held_where_that_is_asked_for() -> None:
    shelf = Shelf()
    lately = shelf.lately(caches_misses=True)
    assert [await lately.find("z"), await lately.find("z")] == [None, None]
    assert shelf.times == 1
    shelf.contents["z"] = 26
    lately.forget("z")
    assert await lately.find("z") == 26


async def test_without_a_lifetime_it_is_held_until_a_change() -> None:
    shelf = Shelf()
    lately = ReadThroughCache(shelf.look_up, clock=shelf.clock)
    await lately.find("a")
    shelf.moment = 1e9
    await lately.find("a")
    assert shelf.times == 1
    lately.forget_all()
    await lately.find("a")
    assert shelf.times == 2


async def test_a_change_that_is_told_of_is_seen_at_once() -> None:
    shelf = Shelf()
    lately = shelf.lately()
    await lately.find("a")
    shelf.contents["a"] = 10
    lately.forget("a")
    assert await lately.find("a") == 10


async def test_a_change_from_elsewhere_is_seen_when_the_time_is_over() -> None:
    shelf = Shelf()
    lately = shelf.lately()
    await lately.find("a")
    shelf.contents["a"] = 10
    shelf.moment = LIFETIME_S - 0.1
    assert await lately.find("a") == 1
    shelf.moment = LIFETIME_S
    assert await lately.find("a") == 10


async def test_what_changes_while_it_is_looked_up_is_not_kept() -> None:
    shelf = Shelf()
    reading, go_on = asyncio.Event(), asyncio.Event()

    async def slowly(key: str) -> int | None:
        found = await shelf.look_up(key)
        reading.set()
        await go_on.wait()
        return found

    lately: ReadThroughCache[str, int] = ReadThroughCache(slowly, clock=shelf.clock)
    first = asyncio.create_task(lately.find("a"))
    await reading.wait()
    shelf.contents["a"] = 10
    lately.forget("a")
    go_on.set()
    await first
    assert await lately.find("a") == 10


async def test_what_was_not_asked_for_longest_is_forgotten_first() -> None:
    shelf = Shelf()
    lately = shelf.lately(most=2)
    for key in ("a", "b", "a", "c"):
        await lately.find(key)
    before = shelf.times
    await lately.find("a")
    assert shelf.times == before
    await lately.find("b")
    assert shelf.times == before + 1
