"""One who follows all their sessions gets each event of each of them once and in order, and nobody else's."""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert

from roocode_server.engine.events.hub import Hub
from roocode_server.engine.sessions import audience
from roocode_server.engine.sessions.audience import Audience
from roocode_server.engine.sessions.sharing import Sharing
from roocode_server.engine.storage.accounts import UserRepository
from roocode_server.engine.storage.shares import ShareRepository
from roocode_server.engine.storage.tables import sessions, users
from roocode_server.models.clock import now
from roocode_server.models.event import StoredEvent
from roocode_server.models.identifier import SessionId, UserId
from roocode_server.models.session import SessionDeletedEvent, SessionScope
from roocode_server.models.sharing import SessionShare, SharedAccess
from roocode_server.models.task import MessageDelta, TaskProgress
from roocode_server.models.user import Caller, Credential, Permission, Role
from roocode_server.server.doors.overview import OverviewFollower, Overviews
from tests.support.storage import OTHER, SESSION, USER, Storage

GUEST = UserId("user-two")
FOREIGN = SessionId("session-three")


class Screen:
    """What one client is sent, by session; its socket is full now and then."""

    def __init__(self, chance_of_full: float = 0, seed: int = 0) -> None:
        self.seen: defaultdict[SessionId, list[int]] = defaultdict(list)
        self.positions: list[int] = []
        self.cursor: str | None = None
        self._random = random.Random(seed)  # noqa: S311 - the seed makes a failure repeatable
        self._chance = chance_of_full

    def write(self, stored: StoredEvent) -> bool:
        if self._random.random() < self._chance:
            return False
        self.seen[stored.session_id].append(stored.seq)
        self.positions.append(stored.position)
        self.cursor = orjson.loads(stored.body).get("cursor", self.cursor)
        return True

    def abandon(self) -> None:
        raise AssertionError("a subscriber gave up")

    async def drained(self) -> None:
        await asyncio.sleep(0)


@dataclass
class House:
    """Two sessions of one user, one of another, and everybody who looks."""

    storage: Storage
    hub: Hub
    sharing: Sharing
    audience: Audience
    owner: Caller
    guest: Caller
    followers: list[OverviewFollower] = field(default_factory=list)

    async def follow(
        self,
        caller: Caller,
        screen: Screen,
        scope: SessionScope = SessionScope.ALL,
        types: str = "*",
        cursor: str | None = None,
    ) -> OverviewFollower:
        timeline = self.storage.log.timeline
        place = await timeline.place(cursor)
        assert not place.is_reset
        overviews = Overviews(audience=self.audience, timeline=timeline, hub=self.hub)
        follower = overviews.follow(screen, caller, scope, [types], after=place.after)
        self.followers.append(follower)
        return follower

    async def close(self) -> None:
        for follower in self.followers:
            follower.close()
        await asyncio.gather(
            *(each._catching_up for each in self.followers if each._catching_up is not None),
            return_exceptions=True,
        )
        await self.audience.close()

    async def happens(self, session_id: SessionId = SESSION) -> int:
        return (await self.storage.log.append(session_id, TaskProgress(progress=1, step="x"))).seq

    async def share(self, access: SharedAccess = SharedAccess.WATCHER) -> None:
        asked = SessionShare(session_id=SESSION, user=GUEST, access=access)
        await self.sharing.share(self.owner, asked)


async def settled(screen: Screen, session_id: SessionId, last: int) -> list[int]:
    async with asyncio.timeout(20):
        while not screen.seen[session_id] or screen.seen[session_id][-1] < last:
            await asyncio.sleep(0.001)
    return screen.seen[session_id]


def caller(user_id: UserId) -> Caller:
    return Caller(
        user_id=user_id,
        email="",
        roles=(Role.DEVELOPER,),
        permissions=frozenset(Permission),
        expires_at=None,
        credential=Credential.TOKEN,
        credential_id="t",
        request_id="r",
        base_url="",
    )


@pytest.fixture
async def house(storage: Storage) -> AsyncIterator[House]:
    async with storage.database.transaction() as unit:
        person = {"email": "two@example.org", "name": "Two", "provider": "local"}
        more = {"roles": ["developer"], "preferences": {}, "created_at": now()}
        await unit.execute(insert(users).values(id=GUEST, **person, **more))
        await unit.execute(
            insert(sessions).values(
                id=FOREIGN,
                user_id=GUEST,
                name="Another's",
                workspace_id=FOREIGN,
                config={},
                status="active",
                created_at=now(),
                updated_at=now(),
            )
        )
    hub, shares = Hub(), ShareRepository(storage.database)
    storage.log._announce = hub.publish
    people = UserRepository(storage.database)
    theirs = Audience(hub, shares, storage.log.timeline)
    sharing = Sharing(storage.database, shares, people)
    opened = House(storage, hub, sharing, theirs, caller(USER), caller(GUEST))
    yield opened
    await opened.close()


async def test_ephemeral_events_reach_one_who_has_just_come(house: House) -> None:
    watching, coming = Screen(), Screen()
    await house.follow(house.owner, watching, cursor="0")
    await house.happens()
    await settled(watching, SESSION, 1)
    await house.follow(house.owner, coming, cursor="0")
    house.hub.signal(SESSION, MessageDelta(message_id="m", text="hi"))
    await house.happens()
    assert await settled(coming, SESSION, 2) == [1, 0, 2]


async def test_all_sessions_are_followed_and_nobody_elses(house: House) -> None:
    screen = Screen()
    await house.follow(house.owner, screen)
    for session_id in (FOREIGN, SESSION, OTHER, SESSION):
        await house.happens(session_id)
    assert await settled(screen, SESSION, 2) == [1, 2]
    assert await settled(screen, OTHER, 1) == [1]
    assert FOREIGN not in screen.seen


async def test_a_session_that_is_shared_comes_with_the_event_that_says_so(house: House) -> None:
    await house.happens()
    screen, own_only = Screen(), Screen()
    await house.follow(house.guest, screen)
    await house.follow(house.guest, own_only, SessionScope.MINE)
    await house.share()
    await house.happens()
    assert await settled(screen, SESSION, 3) == [2, 3]
    assert not own_only.seen


async def test_nothing_comes_of_a_session_that_is_shared_no_more(house: House) -> None:
    await house.share()
    before, later = Screen(), Screen()
    await house.follow(house.guest, before)
    await house.happens()
    await settled(before, SESSION, 2)
    await house.sharing.unshare(SESSION, GUEST)
    await house.follow(house.guest, later)
    await house.happens()
    witness = Screen()
    await house.follow(house.owner, witness)
    await settled(witness, SESSION, await house.happens())
    assert before.seen[SESSION] == [2, 3]
    assert not later.seen


async def test_only_the_named_events_are_sent(house: House) -> None:
    screen = Screen()
    await house.follow(house.owner, screen, types="session.*")
    await house.happens()
    await house.share()
    assert await settled(screen, SESSION, 2) == [2]


async def test_what_is_deleted_is_forgotten(house: House) -> None:
    screen = Screen()
    await house.follow(house.owner, screen)
    await house.happens()
    await settled(screen, SESSION, 1)
    await house.storage.log.append(SESSION, SessionDeletedEvent())
    await settled(screen, SESSION, 2)
    await asyncio.sleep(0)
    assert not house.audience._members


async def test_who_leaves_gets_nothing_more(house: House) -> None:
    gone, staying = Screen(), Screen()
    follower = await house.follow(house.owner, gone)
    await house.follow(house.owner, staying)
    await settled(staying, SESSION, await house.happens())
    follower.close()
    await settled(staying, SESSION, await house.happens())
    assert gone.seen[SESSION] == [1]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(st.sampled_from(["one", "two", "join", "tick", "share"]), min_size=1, max_size=40),
    seed=st.integers(0, 2**16),
)
async def test_everything_since_somebody_came_is_sent_once_and_in_order(
    house: House, steps: list[str], seed: int
) -> None:
    joined: list[tuple[Screen, OverviewFollower, dict[SessionId, int]]] = []
    heads = {session_id: await house.storage.log.head(session_id) for session_id in (SESSION, OTHER)}
    appends: list[asyncio.Task[int]] = []
    for step in steps:
        if step == "join":
            await asyncio.gather(*appends)
            here = {each: await house.storage.log.head(each) for each in heads}
            screen = Screen(0.3, seed + len(joined))
            joined.append((screen, await house.follow(house.owner, screen), here))
        elif step == "tick":
            await asyncio.sleep(0)
        elif step == "share":
            await house.share(random.Random(seed).choice(list(SharedAccess)))  # noqa: S311
        else:
            appends.append(asyncio.create_task(house.happens(SESSION if step == "one" else OTHER)))
    await asyncio.gather(*appends)
    for screen, follower, before in joined:
        for session_id, known in before.items():
            head = await house.storage.log.head(session_id)
            if head > known:
                seen = await settled(screen, session_id, head)
                assert seen == list(range(seen[0], head + 1))
                assert seen[0] == known + 1
        assert screen.positions == sorted(set(screen.positions))
        follower.close()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(
        st.sampled_from(["one", "two", "foreign", "tick", "cut", "return"]), min_size=1, max_size=40
    ),
    seed=st.integers(0, 2**16),
)
async def test_who_is_cut_off_and_returns_with_the_cursor_misses_nothing(
    house: House, steps: list[str], seed: int
) -> None:
    before = {each: await house.storage.log.head(each) for each in (SESSION, OTHER)}
    screen = Screen(0.3, seed)
    screen.cursor = house.storage.log.timeline.cursor(await house.storage.log.timeline.head())
    follower: OverviewFollower | None = await house.follow(house.owner, screen, cursor=screen.cursor)
    named = {"one": SESSION, "two": OTHER, "foreign": FOREIGN}
    appends: list[asyncio.Task[int]] = []
    for step in [*steps, "return"]:
        if step == "tick":
            await asyncio.sleep(0)
        elif step == "cut" and follower is not None:
            follower.close()
            follower = None
        elif step == "return" and follower is None:
            follower = await house.follow(house.owner, screen, cursor=screen.cursor)
        elif step in named:
            appends.append(asyncio.create_task(house.happens(named[step])))
    await asyncio.gather(*appends)
    for session_id, known in before.items():
        head = await house.storage.log.head(session_id)
        if head > known:
            assert await settled(screen, session_id, head) == list(range(known + 1, head + 1))
    assert screen.positions == sorted(set(screen.positions))
    assert FOREIGN not in screen.seen
    assert follower is not None
    follower.close()


async def test_who_was_away_learns_that_a_session_was_deleted_or_is_shared_no_more(house: House) -> None:
    await house.share()
    guest, owner, own_only = Screen(), Screen(), Screen()
    cursor = house.storage.log.timeline.cursor(await house.storage.log.timeline.head())
    await house.happens()
    await house.sharing.unshare(SESSION, GUEST)
    await house.happens()
    await house.follow(house.guest, guest, cursor=cursor)
    assert await settled(guest, SESSION, 3) == [3]
    await house.storage.log.append(SESSION, SessionDeletedEvent())
    async with house.storage.database.transaction() as unit:
        await house.storage.log.retire(unit, SESSION)
        await unit.execute(delete(sessions).where(sessions.c.id == SESSION))
    await house.follow(house.owner, owner, cursor=cursor)
    await house.follow(house.guest, own_only, SessionScope.MINE, cursor=cursor)
    assert await settled(owner, SESSION, 5) == [5]
    assert guest.seen[SESSION] == [3]
    assert not own_only.seen


async def test_a_session_that_is_deleted_before_it_was_looked_up_is_told_of_all_the_same(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = Screen()
    await house.follow(house.owner, screen)
    asked, may_answer = asyncio.Event(), asyncio.Event()
    members = ShareRepository.members

    async def later(shares: ShareRepository, wanted: list[SessionId]) -> object:
        asked.set()
        await may_answer.wait()
        return await members(shares, wanted)

    monkeypatch.setattr(ShareRepository, "members", later)
    await house.storage.log.append(SESSION, SessionDeletedEvent())
    await asked.wait()
    async with house.storage.database.transaction() as unit:
        await house.storage.log.retire(unit, SESSION)
        await unit.execute(delete(sessions).where(sessions.c.id == SESSION))
    await house.happens(OTHER)
    may_answer.set()
    assert await settled(screen, OTHER, 1) == [1]
    assert screen.seen[SESSION] == [1]


async def test_more_events_than_are_held_back_are_read_from_the_log(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audience, "MOST_HELD_EVENTS", 3)
    screen = Screen()
    await house.follow(house.owner, screen)
    for _ in range(10):
        await asyncio.gather(*(house.happens(each) for each in (SESSION, OTHER, FOREIGN)))
    assert await settled(screen, SESSION, 10) == list(range(1, 11))
    assert await settled(screen, OTHER, 10) == list(range(1, 11))
    assert FOREIGN not in screen.seen
