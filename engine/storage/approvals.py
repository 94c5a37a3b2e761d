"""The repository of approvals."""

from __future__ import annotations

import datetime

from sqlalchemy import ColumnElement, select

from roocode_server.engine.storage.database import Database, Transaction
from roocode_server.engine.storage.rows import Rows
from roocode_server.engine.storage.sessions import within_scope
from roocode_server.engine.storage.tables import approvals, sessions
from roocode_server.models.approval import Approval, ApprovalStatus
from roocode_server.models.identifier import ApprovalId, CallId, SessionId, TaskId, UserId
from roocode_server.models.session import SessionScope


class ApprovalRepository:
    """Approvals in the database."""

    def __init__(self, database: Database) -> None:
        self._rows = Rows(database, approvals, Approval)

    async def find(self, session_id: SessionId, approval_id: ApprovalId) -> Approval | None:
        """Return an approval of the session, or None."""
        return await self._rows.first_with(id=approval_id, session_id=session_id)

    async def find_on(self, unit: Transaction, approval_id: ApprovalId) -> Approval | None:
        """Return the approval as the unit of work sees it, or None."""
        return await self._rows.first_with_on(unit.connection, id=approval_id)

    async def for_call(self, task_id: TaskId, call_id: CallId, *, run: int) -> Approval | None:
        """Return the latest approval that a tool call of this run of the task requested, or None.

        One that was withdrawn before anybody answered does not count.
        """
        of_call = (
            approvals.c.task_id == task_id,
            approvals.c.call_id == call_id,
            approvals.c.run == run,
            approvals.c.rewind.is_(None),
            approvals.c.status != ApprovalStatus.CANCELLED,
        )
        latest = select(approvals).where(*of_call).order_by(approvals.c.created_at.desc()).limit(1)
        return next(iter(await self._rows.all(latest)), None)

    async def pending(self, task_id: TaskId) -> list[Approval]:
        """Return a task's pending approvals."""
        return await self._rows.all_with(task_id=task_id, status=ApprovalStatus.PENDING)

    async def pending_of_session(self, session_id: SessionId) -> list[Approval]:
        """Return a session's pending approvals."""
        return await self._rows.all_with(session_id=session_id, status=ApprovalStatus.PENDING)

    async def overdue(self, moment: datetime.datetime) -> list[Approval]:
        """Return the pending approvals that had expired at this moment."""
        return await self._rows.all(
            select(approvals).where(
                approvals.c.status == ApprovalStatus.PENDING, approvals.c.expires_at <= moment
            )
        )

    async def page(
        self, session_id: SessionId, status: ApprovalStatus | None, *, limit: int, offset: int
    ) -> tuple[list[Approval], int]:
        """Return one page of a session's approvals, newest first, and their total number."""
        where = [approvals.c.session_id == session_id]
        if status is not None:
            where.append(approvals.c.status == status)
        order = (approvals.c.created_at.desc(), approvals.c.id)
        return await self._rows.page(*where, order=order, limit=limit, offset=offset)

    async def search(
        self,
        user_id: UserId,
        scope: SessionScope,
        status: ApprovalStatus | None,
        *,
        limit: int,
        offset: int,
    ) -> tuple[list[Approval], int]:
        """Return one page of the approvals of a user's sessions, newest first, and their total number."""
        open_to_them = select(sessions.c.id).where(
            sessions.c.deleted_at.is_(None), within_scope(scope, user_id)
        )
        where: list[ColumnElement[bool]] = [approvals.c.session_id.in_(open_to_them)]
        if status is not None:
            where.append(approvals.c.status == status)
        order = (approvals.c.created_at.desc(), approvals.c.id)
        return await self._rows.page(*where, order=order, limit=limit, offset=offset)

    async def insert(self, unit: Transaction, approval: Approval, *, run: int) -> None:
        """Store a new approval, of a run of its task."""
        await self._rows.insert(unit, approval, run=run)

    async def save(self, unit: Transaction, approval: Approval) -> None:
        """Store a changed approval."""
        await self._rows.save(unit, approval)
