"""A database with one user and one session, and a log on top of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from roocode_server.engine.events.feed import Feed
from roocode_server.engine.events.log import EventLog
from roocode_server.engine.storage.database import Database
from roocode_server.engine.storage.driver import SqliteConnection
from roocode_server.engine.storage.tables import sessions, users
from roocode_server.models.clock import now
from roocode_server.models.event import StoredEvent
from roocode_server.models.identifier import SessionId, UserId

SESSION = SessionId("session-one")
OTHER = SessionId("session-two")
USER = UserId("user-one")


@dataclass
class Storage:
    database: Database
    log: EventLog
    feed: Feed
    announced: list[StoredEvent]


async def open_storage(folder: Path) -> Storage:
    announced: list[StoredEvent] = []
    database = Database(f"sqlite+aiosqlite:///{folder / 'test.sqlite3'}")
    feed = Feed(database)
    log = EventLog(database, announced.extend, feed)
    await database.open(log)
    return Storage(database, log, feed, announced)


@pytest.fixture
async def storage(tmp_path: Path) -> AsyncIterator[Storage]:
    opened = await open_storage(tmp_path)
    await with_sessions(opened)
    yield opened
    await opened.database.close()


async def with_sessions(opened: Storage) -> None:
    """Add the user and their two sessions."""
    async with opened.database.transaction() as unit:
        await unit.execute(
            insert(users).values(
                id=USER,
                email="one@example.org",
                name="One",
                provider="local",
                roles=[],
                preferences={},
                created_at=now(),
            )
        )
        for session_id in (SESSION, OTHER):
            await unit.execute(
                insert(sessions).values(
                    id=session_id,
                    user_id=USER,
                    name="A session",
                    workspace_id=session_id,
                    config={},
                    status="active",
                    created_at=now(),
                    updated_at=now(),
                )
            )


def note_statements(monkeypatch: pytest.MonkeyPatch, wanted: Callable[[str], bool]) -> list[str]:
    """The statements that the database is asked from here on, of those that are wanted."""
    asked: list[str] = []
    run: Callable[..., Any] = SqliteConnection.run

    async def noted(connection: SqliteConnection, how: str, operation: str, *rest: Any) -> Any:
        if wanted(operation):
            asked.append(operation)
        return await run(connection, how, operation, *rest)

    monkeypatch.setattr(SqliteConnection, "run", noted)
    return asked
