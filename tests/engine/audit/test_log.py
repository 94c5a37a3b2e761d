"""The audit log over a real database."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from roocode_server.engine.audit.log import AuditLog
from roocode_server.engine.events.log import EventLog
from roocode_server.engine.storage.database import Database
from roocode_server.models.audit import AuditEntry, AuditList
from roocode_server.models.clock import now
from roocode_server.models.identifier import SessionId, UserId
from tests.engine.audit.test_chain import entry


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'test.sqlite3'}")
    await database.open(EventLog(database, lambda stored: None))
    yield database
    await database.close()


@pytest.fixture
def audit(database: Database) -> AuditLog:
    return AuditLog(database)


async def operations(audit: AuditLog, query: AuditList | None = None) -> list[str]:
    return [each.operation for each in (await audit.page(query or AuditList()))[0]]


async def test_entries_are_listed_newest_first_as_they_were_recorded(audit: AuditLog) -> None:
    for number in range(3):
        await audit.record(entry(f"file.{number}"))
    [newest, *_], total = await audit.page(AuditList())
    assert total == 3
    assert (newest.operation, newest.number, newest.subject) == ("file.2", 3, {"path": "/ä.txt"})


async def test_what_many_callers_record_at_once_is_one_chain(audit: AuditLog) -> None:
    await asyncio.gather(*(audit.record(entry(f"file.{number}")) for number in range(1200)))
    found = await audit.verify()
    assert (found.entries, found.broken_at) == (1200, None)


async def test_a_later_server_goes_on_with_the_chain(database: Database, audit: AuditLog) -> None:
    await audit.record(entry("file.1"))
    await audit.flush()
    later = AuditLog(database)
    await later.record(entry("file.2"))
    found = await later.verify()
    assert (found.entries, found.broken_at) == (2, None)


@pytest.mark.parametrize(
    ("change", "broken_at"),
    [
        ("UPDATE audit_entries SET address = '10.0.0.1' WHERE number = 2", 2),
        ("UPDATE audit_entries SET subject = '{}' WHERE number = 1", 1),
        ("DELETE FROM audit_entries WHERE number = 2", 3),
    ],
)
async def test_a_row_that_somebody_touched_is_found(
    database: Database, audit: AuditLog, change: str, broken_at: int
) -> None:
    for number in range(3):
        await audit.record(entry(f"file.{number}"))
    await audit.flush()
    async with database.transaction() as unit:
        await unit.execute(text(change))
    assert (await audit.verify()).broken_at == broken_at


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (AuditList(user_id=UserId("user-2")), ["by another"]),
        (AuditList(session_id=SessionId("session-1")), ["in a session"]),
        (AuditList(operation="refused"), ["refused"]),
        (AuditList(code="PERMISSION_DENIED"), ["refused"]),
        (AuditList(until=now() - timedelta(days=1)), ["long ago"]),
        (AuditList(limit=1, offset=1), ["refused"]),
        (AuditList(user_id=UserId("nobody")), []),
    ],
)
async def test_a_list_has_what_fits(audit: AuditLog, query: AuditList, found: list[str]) -> None:
    recorded: list[AuditEntry] = [
        dataclasses.replace(entry("by another"), user_id=UserId("user-2")),
        dataclasses.replace(entry("in a session"), subject={"sessionId": "session-1"}),
        dataclasses.replace(entry("refused"), status=403, code="PERMISSION_DENIED"),
        dataclasses.replace(entry("long ago"), at=now() - timedelta(days=2)),
    ]
    for each in recorded:
        await audit.record(each)
    assert await operations(audit, query) == found


async def test_what_cannot_be_stored_for_a_moment_is_stored_later(
    database: Database, audit: AuditLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, failures = database.transaction, iter([OSError("disk full")])

    def transaction() -> object:
        failure = next(failures, None)
        if failure is not None:
            raise failure
        return real()

    monkeypatch.setattr(database, "transaction", transaction)
    await audit.record(entry("file.1"))
    assert await operations(audit) == ["file.1"]


async def test_a_list_waits_for_nothing_that_is_recorded_after_it_was_asked_for(audit: AuditLog) -> None:
    async def go_on() -> None:
        while True:
            await audit.record(entry("file.later"))
            await asyncio.sleep(0)

    await audit.record(entry("file.1"))
    others = [asyncio.create_task(go_on()) for _ in range(3)]
    try:
        async with asyncio.timeout(60):
            _, total = await audit.page(AuditList(operation="file.1"))
    finally:
        for other in others:
            other.cancel()
        await asyncio.wait(others)
        await audit.flush()
    assert total == 1
