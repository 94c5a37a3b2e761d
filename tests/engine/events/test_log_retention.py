"""Old events are cut from the front of a log: what goes, what stays, and what readers are told."""

from __future__ import annotations

import asyncio
import datetime
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, update

from roocode_server.engine.events.log import ReadPosition
from roocode_server.engine.events.log_retention import LogRetention
from roocode_server.engine.storage.tables import events, tasks
from roocode_server.models.clock import milliseconds, now
from roocode_server.models.event import LogCut, LogReset
from roocode_server.models.identifier import EventId, SessionId, TaskId
from roocode_server.models.session import SessionScope
from roocode_server.models.task import TaskProgress
from tests.support.nightly import times
from tests.support.storage import OTHER, SESSION, USER, Storage, open_storage, with_sessions

DAY = datetime.timedelta(days=1)
TASK = TaskId("task-one")


def retention(storage: Storage, *, kept_events: int = 1, events_per_cut: int = 3) -> LogRetention:
    return LogRetention(
        storage.database,
        storage.log.timeline,
        kept_for=DAY,
        kept_events=kept_events,
        events_per_cut=events_per_cut,
    )


def task_row(status: str) -> dict[str, object]:
    return {
        "id": TASK,
        "session_id": SESSION,
        "input": "Work",
        "images": [],
        "status": status,
        "activity": "active",
        "progress": 0,
        "iterations": 0,
        "config": {},
        "created_at": now(),
        "mode": "code",
        "usage": {},
        "tool_usage": {},
    }


async def happen(
    storage: Storage, times: int, *, session_id: SessionId = SESSION, task_id: TaskId | None = None
) -> None:
    for _ in range(times):
        await storage.log.append(session_id, TaskProgress(progress=1, step="A step"), task_id=task_id)


async def age(storage: Storage, up_to: int, session_id: SessionId = SESSION) -> None:
    """Make the first events older than what is kept."""
    old = milliseconds(now() - 2 * DAY)
    async with storage.database.transaction() as unit:
        await unit.execute(
            update(events).where(events.c.session_id == session_id, events.c.seq <= up_to).values(time_ms=old)
        )


async def seqs(storage: Storage, session_id: SessionId = SESSION) -> list[int]:
    return [each.seq for each in await storage.log.read(session_id, after=0, limit=10_000)]


async def test_old_events_go_and_numbers_go_on(storage: Storage) -> None:
    await happen(storage, 10)
    await age(storage, 7)
    assert await retention(storage).sweep() == 7
    assert await seqs(storage) == [8, 9, 10]
    await happen(storage, 1)
    assert await seqs(storage) == [8, 9, 10, 11]


async def test_the_newest_events_stay_however_old_and_so_do_the_numbers_after_a_restart(
    storage: Storage, tmp_path: Path
) -> None:
    await happen(storage, 10)
    await age(storage, 10)
    assert await retention(storage, kept_events=2).sweep() == 8
    await storage.database.close()
    again = await open_storage(tmp_path)
    await happen(again, 1)
    assert await seqs(again) == [9, 10, 11]
    await again.database.close()


async def test_events_of_a_task_that_has_not_ended_stay_until_it_has(storage: Storage) -> None:
    await happen(storage, 4)
    await happen(storage, 2, task_id=TASK)
    await happen(storage, 6)
    await age(storage, 12)
    async with storage.database.transaction() as unit:
        await unit.execute(insert(tasks).values(**task_row("running")))
    assert await retention(storage).sweep() == 4
    async with storage.database.transaction() as unit:
        await unit.execute(update(tasks).values(status="completed"))
    assert await retention(storage).sweep() == 7
    assert await seqs(storage) == [12]


async def test_what_a_webhook_has_still_to_deliver_stays(storage: Storage) -> None:
    async with storage.database.transaction() as unit:
        await storage.feed.open(unit, USER)
    await happen(storage, 3)
    storage.feed.want(USER, lambda _: True)
    await happen(storage, 3)
    await age(storage, 6)
    assert await retention(storage).sweep() == 3
    async with storage.database.transaction() as unit:
        await storage.feed.forget(unit, USER, up_to=2)
    assert await retention(storage).sweep() == 2
    assert await seqs(storage) == [6]


async def test_a_reader_before_the_cut_is_told_and_one_behind_it_is_not(storage: Storage) -> None:
    await happen(storage, 10)
    await age(storage, 6)
    ids = [EventId(f"{each.session_id}.{each.seq}.") for each in storage.announced]
    await retention(storage).sweep()
    log = storage.log
    for cursor in (1, 5):
        place = await log.place(SESSION, cursor, None)
        assert place == ReadPosition(6, is_reset=True, first=7)
        assert place.notice(10) == LogReset(head=10, first=7)
    assert (await log.place(SESSION, None, ids[3])).is_reset
    beginning = await log.place(SESSION, 0, None)
    assert (beginning.after, beginning.is_reset) == (6, False)
    assert beginning.notice(10) == LogCut(head=10, first=7)
    for cursor in (6, 7, 10):
        assert (await log.place(SESSION, cursor, None)).notice(10) is None


async def test_a_reader_of_all_sessions_before_the_cut_starts_over_and_gets_to_the_end(
    storage: Storage,
) -> None:
    await happen(storage, 5, session_id=OTHER)
    await happen(storage, 5)
    timeline = storage.log.timeline
    before, behind = timeline.cursor(3), timeline.cursor(9)
    await age(storage, 4)
    await retention(storage).sweep()
    assert (await timeline.place(before)).is_reset
    assert not (await timeline.place(behind)).is_reset
    cursor, told = "0", []
    while True:
        place = await timeline.place(cursor)
        assert not place.is_reset
        page = await timeline.read(USER, SessionScope.ALL, after=place.after, limit=2)
        told += [each.position for each in page.events]
        cursor = page.cursor
        if page.reached >= page.head:
            break
    assert told == [1, 2, 3, 4, 5, 10]


async def test_other_writers_go_between_two_pieces(storage: Storage) -> None:
    await happen(storage, 30)
    await age(storage, 30)
    cutting = asyncio.create_task(retention(storage, events_per_cut=1).sweep())
    await happen(storage, 1)
    assert not cutting.done()
    await cutting
    assert await seqs(storage) in ([30, 31], [31])


async def test_a_cut_that_is_broken_off_leaves_a_log_that_only_begins_later(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    await happen(storage, 10)
    await age(storage, 10)
    timeline, forget, pieces = storage.log.timeline, storage.log.timeline.forget, 0

    async def fails_at_the_second(unit: object, position: int) -> None:
        nonlocal pieces
        pieces += 1
        await forget(unit, position)  # type: ignore[arg-type]
        if pieces == 2:
            raise OSError("the disk is gone")

    monkeypatch.setattr(timeline, "forget", fails_at_the_second)
    assert await retention(storage).sweep() == 0
    assert await seqs(storage) == [4, 5, 6, 7, 8, 9, 10]
    assert await retention(storage).sweep() == 6


@settings(max_examples=times(8, nightly=25), deadline=None, suppress_health_check=list(HealthCheck))
@given(
    steps=st.lists(
        st.one_of(
            st.tuples(st.just("append"), st.integers(1, 9)),
            st.tuples(st.just("cut"), st.integers(1, 40)),
            st.tuples(st.just("read"), st.integers(0, 2)),
        ),
        max_size=25,
    ),
    kept_events=st.integers(1, 5),
)
async def test_each_reader_gets_each_event_once_and_in_order_or_is_told_what_is_gone(
    steps: list[tuple[str, int]], kept_events: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        storage = await open_storage(Path(folder))
        await with_sessions(storage)
        readers, head = [0, 0, 0], 0
        for what, number in [*steps, ("read", 0), ("read", 1), ("read", 2)]:
            if what == "append":
                await happen(storage, number)
                head += number
            elif what == "cut":
                await age(storage, number)
                await retention(storage, kept_events=kept_events).sweep()
            else:
                place = await storage.log.place(SESSION, readers[number], None)
                assert place.after is not None
                is_told = place.notice(head) is not None
                assert is_told == (place.first > readers[number] + 1)
                assert place.after == (place.first - 1 if is_told else readers[number])
                read = await storage.log.read(SESSION, after=place.after, limit=10_000)
                assert [each.seq for each in read] == list(range(place.after + 1, head + 1))
                readers[number] = head
        await storage.database.close()
