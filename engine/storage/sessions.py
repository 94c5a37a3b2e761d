"""The repository of sessions."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Final

from sqlalchemy import ColumnElement, delete, func, insert, or_, select, update

from roocode_server.engine.concurrency.read_through_cache import ReadThroughCache
from roocode_server.engine.storage.database import Database, Transaction
from roocode_server.engine.storage.rows import Rows
from roocode_server.engine.storage.tables import session_drafts, session_shares, sessions, tasks
from roocode_server.models.clock import now
from roocode_server.models.identifier import SessionId, UserId
from roocode_server.models.session import Session, SessionScope, SessionStatus, SessionWork
from roocode_server.models.task import FINAL, Activity, TaskStatus

_ACTIVE: Final = (sessions.c.deleted_at.is_(None), sessions.c.status == SessionStatus.ACTIVE)
_WAITING: Final = (Activity.INTERACTIVE, Activity.RESUMABLE)
_SEALED: Final = select(sessions.c.sealed_secrets)


class SessionRepository:
    """Sessions in the database. Recently used ones are cached, because every call looks one up."""

    def __init__(self, database: Database) -> None:
        self._rows = Rows(database, sessions, Session)
        self._lately: ReadThroughCache[SessionId, Session] = ReadThroughCache(self._read)

    async def find(self, session_id: SessionId) -> Session | None:
        """Return the session, or None if it does not exist or is being deleted."""
        return await self._lately.find(session_id)

    async def find_on(self, unit: Transaction, session_id: SessionId) -> Session | None:
        """As `find`, as the unit of work sees it."""
        return await self._rows.first_with_on(unit.connection, id=session_id, deleted_at=None)

    async def overdue(self, moment: datetime.datetime) -> Sequence[SessionId]:
        """Return the ids of active sessions that had expired at this moment."""
        statement = select(sessions.c.id).where(*_ACTIVE, sessions.c.expires_at <= moment)
        async with self._rows.database.read() as connection:
            return (await connection.execute(statement)).scalars().all()

    async def next_expiry(self) -> datetime.datetime | None:
        """Return when the next active session expires; None if none does."""
        statement = select(func.min(sessions.c.expires_at)).where(*_ACTIVE)
        async with self._rows.database.read() as connection:
            moment: datetime.datetime | None = (await connection.execute(statement)).scalar_one_or_none()
        return moment

    async def page(
        self,
        user_id: UserId,
        scope: SessionScope,
        status: SessionStatus | None,
        *,
        purpose: str | None = None,
        limit: int,
        offset: int,
    ) -> tuple[list[Session], int]:
        """Return one page of the sessions that are open to a user, newest first, and their total number."""
        where = [sessions.c.deleted_at.is_(None), within_scope(scope, user_id)]
        if status is not None:
            where.append(sessions.c.status == status)
        if purpose is not None:
            where.append(sessions.c.purpose == purpose)
        order = (sessions.c.created_at.desc(), sessions.c.id)
        return await self._rows.page(*where, order=order, limit=limit, offset=offset)

    async def work(self, session_ids: Sequence[SessionId]) -> dict[SessionId, SessionWork]:
        """Return what the tasks of these sessions are doing; sessions without tasks are left out."""
        latest = (
            select(tasks.c.session_id, func.max(tasks.c.created_at).label("created_at"))
            .where(tasks.c.session_id.in_(session_ids))
            .group_by(tasks.c.session_id)
            .subquery()
        )
        is_latest = tasks.c.created_at == latest.c.created_at
        statement = (
            select(tasks.c.session_id, tasks.c.status, tasks.c.activity)
            .join(latest, tasks.c.session_id == latest.c.session_id)
            .where(or_(is_latest, tasks.c.status.not_in(FINAL)))
        )
        async with self._rows.database.read() as connection:
            rows = (await connection.execute(statement)).all()
        found: dict[SessionId, set[SessionWork]] = {}
        for row in rows:
            found.setdefault(row.session_id, set()).add(_work(row.status, row.activity))
        return {each: next(work for work in SessionWork if work in seen) for each, seen in found.items()}

    async def active(self) -> int:
        """Return the number of active sessions."""
        statement = select(func.count()).select_from(sessions).where(*_ACTIVE)
        async with self._rows.database.read() as connection:
            count: int = (await connection.execute(statement)).scalar_one()
        return count

    async def count_on(self, unit: Transaction, user_id: UserId) -> int:
        """How many sessions a user has, as the unit sees them."""
        statement = (
            select(func.count())
            .select_from(sessions)
            .where(sessions.c.user_id == user_id, sessions.c.deleted_at.is_(None))
        )
        count: int = (await unit.connection.execute(statement)).scalar_one()
        return count

    async def with_purpose_on(self, unit: Transaction, user_id: UserId, purpose: str) -> Session | None:
        """Return a user's session for a purpose, as the unit sees it; None if there is none."""
        return await self._rows.first_with_on(unit.connection, user_id=user_id, purpose=purpose)

    async def insert(self, unit: Transaction, session: Session, sealed_secrets: str | None) -> None:
        """Store a new session."""
        await self._rows.insert(unit, session, sealed_secrets=sealed_secrets)

    async def insert_draft(self, unit: Transaction, session: Session, sealed_secrets: str | None) -> None:
        """Store a new session that is hidden as long as it is not whole."""
        hidden = {"sealed_secrets": sealed_secrets, "deleted_at": session.created_at}
        await self._rows.insert(unit, session, **hidden)
        await unit.write(insert(session_drafts).values(session_id=session.id))

    async def complete(self, unit: Transaction, session_id: SessionId) -> None:
        """Show a session that is whole now."""
        await unit.write(delete(session_drafts).where(session_drafts.c.session_id == session_id))
        await unit.write(update(sessions).where(sessions.c.id == session_id).values(deleted_at=None))

    async def drafts(self) -> Sequence[SessionId]:
        """Return the sessions that are not whole."""
        async with self._rows.database.read() as connection:
            return (await connection.execute(select(session_drafts.c.session_id))).scalars().all()

    async def save(self, unit: Transaction, session: Session) -> None:
        """Store a changed session."""
        await self._rows.save(unit, session)

    async def save_sealed(self, unit: Transaction, session_id: SessionId, sealed_secrets: str | None) -> None:
        """Store a session's secrets, or that it has none."""
        statement = update(sessions).where(sessions.c.id == session_id)
        await unit.write(statement.values(sealed_secrets=sealed_secrets))

    async def sealed(self, session_id: SessionId) -> str | None:
        """Return a session's secrets as they are stored; None, if it has none."""
        async with self._rows.database.read() as connection:
            return (await connection.execute(_SEALED.where(sessions.c.id == session_id))).scalar_one_or_none()

    async def sealed_on(self, unit: Transaction, session_id: SessionId) -> str | None:
        """As `sealed`, as the unit of work sees it."""
        return (await unit.execute(_SEALED.where(sessions.c.id == session_id))).scalar_one_or_none()

    async def mark_deleted(self, unit: Transaction, session_id: SessionId) -> None:
        """Hide a session that is being deleted, and give its purpose free; `remove` deletes its rows."""
        hidden = {"deleted_at": now(), "purpose": None}
        await unit.execute(update(sessions).where(sessions.c.id == session_id).values(hidden))

    async def remove(self, unit: Transaction, session_id: SessionId) -> None:
        """Delete a session's row and, by foreign keys, everything that belongs to it."""
        await unit.execute(delete(sessions).where(sessions.c.id == session_id))

    async def half_deleted(self) -> list[Session]:
        """Return the sessions whose deletion was interrupted."""
        drafts = select(session_drafts.c.session_id)
        return await self._rows.all(
            select(sessions).where(sessions.c.deleted_at.is_not(None), sessions.c.id.not_in(drafts))
        )

    def forget(self, session_id: SessionId) -> None:
        """Drop the session from the cache; called after each committed change."""
        self._lately.forget(session_id)

    async def _read(self, session_id: SessionId) -> Session | None:
        return await self._rows.first_with(id=session_id, deleted_at=None)


def _work(status: str, activity: str) -> SessionWork:
    if status in FINAL:
        return SessionWork.FAILED if status == TaskStatus.FAILED else SessionWork.IDLE
    return SessionWork.WAITING if activity in _WAITING else SessionWork.RUNNING


def within_scope(scope: SessionScope, user_id: UserId) -> ColumnElement[bool]:
    """Whether a session is one of the user's in this scope."""
    mine = sessions.c.user_id == user_id
    shares = select(session_shares.c.session_id).where(session_shares.c.user_id == user_id)
    shared = sessions.c.id.in_(shares)
    match scope:
        case SessionScope.MINE:
            return mine
        case SessionScope.SHARED:
            return shared
        case SessionScope.ALL:
            return or_(mine, shared)
