"""A subscriber sends each event once and in order, however slow its client is or often it reconnects."""

from __future__ import annotations

import asyncio
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from roocode_server.engine.events.hub import Hub
from roocode_server.models.event import StoredEvent
from roocode_server.models.session import SessionDeletedEvent
from roocode_server.models.task import MessageDelta, TaskProgress
from roocode_server.server.doors.held_events import MOST_HELD_EPHEMERALS
from roocode_server.server.doors.subscriber import Subscriber
from tests.support.storage import SESSION, Storage

PIECE = MessageDelta(message_id="m", text="hi")


class Tank:
    """A sink that is full now and then, like a slow client's socket."""

    def __init__(self, chance_of_full: float, seed: int) -> None:
        self.seen: list[int] = []
        self.is_gone = False
        self.is_abandoned = asyncio.Event()
        self._random = random.Random(seed)  # noqa: S311 - the seed makes a failure repeatable
        self._chance = chance_of_full

    def write(self, stored: StoredEvent) -> bool:
        if self._random.random() < self._chance:
            return False
        self.seen.append(stored.seq)
        return True

    def abandon(self) -> None:
        self.is_abandoned.set()

    async def drained(self) -> None:
        if self.is_gone:
            raise ConnectionResetError
        await asyncio.sleep(0)


async def settle(tank: Tank, last: int) -> None:
    async with asyncio.timeout(20):
        while not tank.seen or tank.seen[-1] < last:
            await asyncio.sleep(0)


def follow(storage: Storage, hub: Hub, tank: Tank, after: int | None) -> Subscriber:
    return Subscriber(SESSION, tank, storage.log, hub, after=after)


def connect_hub(storage: Storage) -> Hub:
    hub = Hub()
    storage.log._announce = hub.publish
    return hub


async def test_a_client_that_comes_with_a_cursor_gets_what_it_missed_first(storage: Storage) -> None:
    hub = connect_hub(storage)
    for percent in range(5):
        await storage.log.append(SESSION, TaskProgress(progress=percent, step="x"))
    tank = Tank(0, 1)
    subscriber = follow(storage, hub, tank, after=2)
    await storage.log.append(SESSION, TaskProgress(progress=9, step="x"))
    await settle(tank, 6)
    assert tank.seen == [3, 4, 5, 6]
    subscriber.close()


async def test_a_client_without_a_cursor_gets_what_happens_from_now_on(storage: Storage) -> None:
    hub = connect_hub(storage)
    await storage.log.append(SESSION, TaskProgress(progress=1, step="x"))
    tank = Tank(0, 1)
    subscriber = follow(storage, hub, tank, after=None)
    await storage.log.append(SESSION, TaskProgress(progress=2, step="x"))
    assert tank.seen == [2]
    subscriber.close()


async def test_ephemeral_events_reach_a_client_that_is_live_and_one_that_has_just_come(
    storage: Storage,
) -> None:
    hub = connect_hub(storage)
    await storage.log.append(SESSION, TaskProgress(progress=1, step="x"))
    live, coming = Tank(0, 1), Tank(0, 1)
    subscribers = [follow(storage, hub, live, None), follow(storage, hub, coming, 0)]
    hub.signal(SESSION, PIECE)
    await storage.log.append(SESSION, TaskProgress(progress=2, step="x"))
    hub.signal(SESSION, PIECE)
    assert live.seen == [0, 2, 0]
    async with asyncio.timeout(20):
        while hub.catching_up or not coming.seen:
            await asyncio.sleep(0)
    assert coming.seen == [1, 0, 2, 0]
    hub.signal(SESSION, PIECE)
    assert coming.seen == [1, 0, 2, 0, 0]
    for subscriber in subscribers:
        subscriber.close()


async def test_a_slow_client_gets_no_ephemeral_events_while_it_is_behind(storage: Storage) -> None:
    hub = connect_hub(storage)
    tank = Tank(1, 1)
    subscriber = follow(storage, hub, tank, None)
    await storage.log.append(SESSION, TaskProgress(progress=1, step="x"))
    await storage.log.append(SESSION, TaskProgress(progress=2, step="x"))
    for _ in range(20):
        await asyncio.sleep(0.001)
    hub.signal(SESSION, PIECE)
    tank._chance = 0
    await settle(tank, 2)
    assert tank.seen == [1, 2]
    subscriber.close()


async def test_a_client_far_behind_is_held_a_bounded_number_of_ephemeral_events(storage: Storage) -> None:
    hub = connect_hub(storage)
    await storage.log.append(SESSION, TaskProgress(progress=1, step="x"))
    tank = Tank(0, 1)
    subscriber = follow(storage, hub, tank, 0)
    for _ in range(MOST_HELD_EPHEMERALS + 1):
        hub.signal(SESSION, PIECE)
    await settle(tank, 1)
    async with asyncio.timeout(20):
        while hub.catching_up:
            await asyncio.sleep(0)
    assert tank.seen == [1]
    subscriber.close()


async def test_a_client_that_has_left_is_given_nothing_more(storage: Storage) -> None:
    hub = connect_hub(storage)
    tank = Tank(0, 1)
    follow(storage, hub, tank, None).close()
    await storage.log.append(SESSION, TaskProgress(progress=1, step="x"))
    assert tank.seen == []


async def test_a_client_that_vanishes_while_it_catches_up_is_let_go(storage: Storage) -> None:
    hub = connect_hub(storage)
    await storage.log.append(SESSION, TaskProgress(progress=1, step="x"))
    tank = Tank(1, 1)
    tank.is_gone = True
    subscriber = follow(storage, hub, tank, 0)
    assert subscriber._catching_up is not None
    await subscriber._catching_up
    assert not hub._followers


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    chance_of_full=st.floats(min_value=0, max_value=0.6),
    cuts=st.lists(st.integers(min_value=0, max_value=12), max_size=12),
    seed=st.integers(),
)
async def test_each_event_comes_once_and_in_order_over_slowness_and_cuts(
    storage: Storage, chance_of_full: float, cuts: list[int], seed: int
) -> None:
    hub = connect_hub(storage)
    start = await storage.log.head(SESSION)
    seen: list[int] = []

    async def produce() -> None:
        for percent in range(60):
            await storage.log.append(SESSION, TaskProgress(progress=percent, step="x"))

    producing = asyncio.create_task(produce())
    for visit, patience in enumerate(cuts):
        tank = Tank(chance_of_full, seed + visit)
        subscriber = follow(storage, hub, tank, seen[-1] if seen else start)
        for _ in range(patience):
            await asyncio.sleep(0)
        subscriber.close()
        seen += tank.seen
    await producing
    tank = Tank(chance_of_full, seed)
    subscriber = follow(storage, hub, tank, seen[-1] if seen else start)
    if not seen or seen[-1] < start + 60:
        await settle(tank, start + 60)
    subscriber.close()
    assert seen + tank.seen == list(range(start + 1, start + 61))


async def test_a_client_whose_catching_up_fails_is_let_go_so_that_it_comes_back(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object, **__: object) -> None:
        raise OSError("the disk does not answer")

    hub = connect_hub(storage)
    await storage.log.append(SESSION, TaskProgress(progress=1, step="x"))
    tank = Tank(0, 1)
    monkeypatch.setattr(storage.log, "read", fail)
    follow(storage, hub, tank, after=0)
    async with asyncio.timeout(20):
        await tank.is_abandoned.wait()
    await storage.log.append(SESSION, TaskProgress(progress=2, step="x"))
    assert tank.seen == []


async def test_a_client_that_is_behind_when_the_log_is_deleted_gets_its_last_event(storage: Storage) -> None:
    hub = connect_hub(storage)
    for percent in range(300):
        await storage.log.append(SESSION, TaskProgress(progress=percent % 100, step="x"))
    tank = Tank(1, 1)
    subscriber = follow(storage, hub, tank, after=0)
    last = await storage.log.append(SESSION, SessionDeletedEvent())
    async with storage.database.transaction() as unit:
        await storage.log.retire(unit, SESSION)
    tank._chance = 0
    await settle(tank, last.seq)
    assert tank.seen == sorted(set(tank.seen))
    async with asyncio.timeout(20):
        while hub.catching_up:
            await asyncio.sleep(0)
    subscriber.close()
