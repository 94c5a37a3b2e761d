"""What works once and for a short time is bounded in number and in time."""

from __future__ import annotations

from roocode_server.engine.accounts.openid.once import MOST_SHORT_ENTRIES, ShortMemory
from tests.engine.accounts.conftest import TestClock


def test_a_thing_is_taken_once(clock: TestClock) -> None:
    memory: ShortMemory[str] = ShortMemory(lifetime_s=10, clock=clock)
    memory.keep("name", "content")
    assert "name" in memory
    assert memory.take("name") == "content"
    assert memory.take("name") is None
    assert "name" not in memory


def test_a_thing_is_gone_after_its_time(clock: TestClock) -> None:
    memory: ShortMemory[str] = ShortMemory(lifetime_s=10, clock=clock)
    memory.keep("name", "content")
    clock.advance(9)
    assert "name" in memory
    clock.advance(1)
    assert "name" not in memory
    assert memory.take("name") is None


def test_the_oldest_goes_when_there_are_too_many(clock: TestClock) -> None:
    memory: ShortMemory[int] = ShortMemory(lifetime_s=10, clock=clock)
    for number in range(MOST_SHORT_ENTRIES + 1):
        memory.keep(str(number), number)
    assert "0" not in memory
    assert memory.take("1") == 1
    assert memory.take(str(MOST_SHORT_ENTRIES)) == MOST_SHORT_ENTRIES
