"""The repository of sessions."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Final

from sqlalchemy import ColumnElement, delete, func, select, update

from roocode_server.engine.concurrency.read_through_cache import ReadThroughCache
from roocode_server.engine.storage.database import Database, Transaction
from roocode_server.engine.storage.rows import Rows
from roocode_server.engine.storage.tables import sessions
from roocode_server.models.clock import now
from roocode_server.models.identifier import SessionId, UserId
from roocode_server.models.session import Session, SessionStatus

_ACTIVE: Final = (sessions.c.deleted_at.is_(None), sessions.c.status == SessionStatus.ACTIVE)


class SessionRepository:
    """Sessions as rows. Those asked for lately are kept in memory, because every call asks for one."""

    def __init__(self, database: Database) -> None:
        self._rows = Rows(database, sessions, Session)
        self._lately: ReadThroughCache[SessionId, Session] = ReadThroughCache(self._read)

    async def find(self, session_id: SessionId) -> Session | None:
        """The session, unless there is none or it is being deleted."""
        return await self._lately.find(session_id)

    async def find_on(self, unit: Transaction, session_id: SessionId) -> Session | None:
        """The session as the unit sees it, unless there is none or it is being deleted."""
        return await self._rows.first_on(
            unit.connection, sessions.c.id == session_id, sessions.c.deleted_at.is_(None)
        )

    async def overdue(self, moment: datetime.datetime) -> Sequence[SessionId]:
        """The active sessions whose time has run out."""
        statement = select(sessions.c.id).where(*_ACTIVE, sessions.c.expires_at <= moment)
        async with self._rows.database.read() as connection:
            return (await connection.execute(statement)).scalars().all()

    async def next_expiry(self) -> datetime.datetime | None:
        """When the time of an active session runs out next; None if that of none does."""
        statement = select(func.min(sessions.c.expires_at)).where(*_ACTIVE)
        async with self._rows.database.read() as connection:
            moment: datetime.datetime | None = (await connection.execute(statement)).scalar_one_or_none()
        return moment

    async def page(
        self, user_id: UserId | None, status: SessionStatus | None, *, limit: int, offset: int
    ) -> tuple[list[Session], int]:
        """A user's sessions (None: everybody's), newest first, and how many there are."""
        where: list[ColumnElement[bool]] = [sessions.c.deleted_at.is_(None)]
        if user_id is not None:
            where.append(sessions.c.user_id == user_id)
        if status is not None:
            where.append(sessions.c.status == status)
        order = (sessions.c.created_at.desc(), sessions.c.id)
        return await self._rows.page(*where, order=order, limit=limit, offset=offset)

    async def insert(self, unit: Transaction, session: Session) -> None:
        await self._rows.insert(unit, session)

    async def save(self, unit: Transaction, session: Session) -> None:
        await self._rows.save(unit, session)

    async def mark_deleted(self, unit: Transaction, session_id: SessionId) -> None:
        """Hide a session; its rows go with `remove`."""
        await unit.execute(update(sessions).where(sessions.c.id == session_id).values(deleted_at=now()))

    async def remove(self, unit: Transaction, session_id: SessionId) -> None:
        """Remove a session's row, and by the foreign keys everything that belongs to it."""
        await unit.execute(delete(sessions).where(sessions.c.id == session_id))

    async def half_deleted(self) -> list[Session]:
        """Sessions whose deletion was cut short."""
        return await self._rows.all(select(sessions).where(sessions.c.deleted_at.is_not(None)))

    def forget(self, session_id: SessionId) -> None:
        """Read the session anew the next time; called after each committed change."""
        self._lately.forget(session_id)

    async def _read(self, session_id: SessionId) -> Session | None:
        return await self._rows.first(sessions.c.id == session_id, sessions.c.deleted_at.is_(None))
