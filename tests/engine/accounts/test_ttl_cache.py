from __future__ import annotations

import asyncio

from roocode_server.engine.accounts.ttl_cache import ENTRY_LIFETIME_S, TtlCache


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

    def lately(self, kept: int = 10) -> TtlCache[str, int]:
        return TtlCache(self.look_up, clock=self.clock, kept=kept)


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
    shelf.moment = ENTRY_LIFETIME_S - 0.1
    assert await lately.find("a") == 1
    shelf.moment = ENTRY_LIFETIME_S
    assert await lately.find("a") == 10


async def test_what_changes_while_it_is_looked_up_is_not_kept() -> None:
    shelf = Shelf()
    reading, go_on = asyncio.Event(), asyncio.Event()

    async def slowly(key: str) -> int | None:
        found = await shelf.look_up(key)
        reading.set()
        await go_on.wait()
        return found

    lately: TtlCache[str, int] = TtlCache(slowly, clock=shelf.clock)
    first = asyncio.create_task(lately.find("a"))
    await reading.wait()
    shelf.contents["a"] = 10
    lately.forget("a")
    go_on.set()
    await first
    assert await lately.find("a") == 10


async def test_what_was_not_asked_for_longest_is_forgotten_first() -> None:
    shelf = Shelf()
    lately = shelf.lately(kept=2)
    for key in ("a", "b", "a", "c"):
        await lately.find(key)
    before = shelf.times
    await lately.find("a")
    assert shelf.times == before
    await lately.find("b")
    assert shelf.times == before + 1
