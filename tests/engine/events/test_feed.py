"""A user's feed: one sequence over all sessions for users with readers, and nothing for others."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from roocode_server.engine.storage import driver
from roocode_server.models.task import TaskProgress
from tests.support.storage import OTHER, SESSION, USER, Storage


def progress(percent: int) -> TaskProgress:
    return TaskProgress(progress=percent, step="working")


async def open_feed(storage: Storage) -> None:
    async with storage.database.transaction() as unit:
        await storage.feed.open(unit, USER)
    storage.feed.want(USER, lambda name: True)


async def test_events_of_all_sessions_are_numbered_from_one_without_holes(storage: Storage) -> None:
    await open_feed(storage)
    await asyncio.gather(
        *(storage.log.append(session, progress(n)) for n in range(50) for session in (SESSION, OTHER))
    )
    entries = await storage.feed.read(USER, after=0, limit=1000)
    assert [entry.position for entry in entries] == list(range(1, 101))
    assert [(entry.session_id, entry.type) for entry in entries] == [
        (stored.session_id, stored.type) for stored in storage.announced
    ]


async def test_a_unit_that_fails_leaves_no_hole(storage: Storage) -> None:
    await open_feed(storage)
    with pytest.raises(ZeroDivisionError):
        async with storage.database.transaction() as unit:
            unit.append(SESSION, progress(1))
            raise ZeroDivisionError
    await storage.log.append(SESSION, progress(2))
    [entry] = await storage.feed.read(USER, after=0, limit=10)
    body = await storage.feed.body(USER, entry)
    assert (entry.position, body) == (1, storage.announced[0].body)


async def test_only_what_is_wanted_is_entered(storage: Storage) -> None:
    await open_feed(storage)
    storage.feed.want(USER, lambda name: name == "task.completed")
    await storage.log.append(SESSION, progress(1))
    assert await storage.feed.read(USER, after=0, limit=10) == []


async def test_where_nobody_wants_events_an_append_asks_nothing_more(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[str] = []
    run = driver._run

    def note(connection: Any, before: Any, statement: Any) -> Any:
        ran.extend(each[1].split()[0] for each in (*before, statement))
        return run(connection, before, statement)

    await storage.log.append(OTHER, progress(1))
    monkeypatch.setattr(driver, "_run", note)
    await storage.log.append(SESSION, progress(1))
    assert ran == ["BEGIN", "SELECT", "UPDATE", "INSERT", "COMMIT"]
    ran.clear()
    await storage.log.append(SESSION, progress(2))
    assert ran == ["BEGIN", "UPDATE", "INSERT", "COMMIT"]
