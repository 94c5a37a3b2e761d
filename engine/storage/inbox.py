"""The repository of what waits for a person. Nothing is stored for it: tasks and approvals say it."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, or_, select, union_all

from roocode_server.engine.storage.database import Database, Statements
from roocode_server.engine.storage.rows import Rows
from roocode_server.engine.storage.tables import approvals, messages, session_shares, sessions, tasks
from roocode_server.models.approval import Approval, ApprovalStatus
from roocode_server.models.identifier import SessionId, TaskId, UserId
from roocode_server.models.inbox import InboxKind
from roocode_server.models.session import SessionScope
from roocode_server.models.sharing import Access, SharedAccess
from roocode_server.models.task import FINAL, Activity

INPUT_CHARACTERS: Final = 300
"""How much of a task's input an entry shows."""

_IS_PENDING: Final = approvals.c.status == ApprovalStatus.PENDING
_LAST_MESSAGE: Final = (
    select(messages.c.created_at)
    .where(messages.c.task_id == tasks.c.id, messages.c.rewind.is_(None))
    .order_by(messages.c.ts.desc())
    .limit(1)
    .scalar_subquery()
)
_QUESTION: Final = (
    select(messages.c.text)
    .where(messages.c.task_id == tasks.c.id, messages.c.ask == "followup", messages.c.rewind.is_(None))
    .order_by(messages.c.ts.desc())
    .limit(1)
    .scalar_subquery()
)


@dataclass(frozen=True, slots=True)
class WaitingTask:
    """A task that waits; `asked` is the stored message of its question, `approval` what it wants to do."""

    kind: InboxKind
    session_id: SessionId
    session_name: str
    access: Access
    task_id: TaskId
    task_input: str
    since: datetime.datetime
    approval: Approval | None
    asked: str | None


class InboxRepository:
    """What waits for each user."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._approvals = Rows(database, approvals, Approval)

    async def page(
        self, user_id: UserId, scope: SessionScope, *, limit: int, offset: int
    ) -> tuple[list[WaitingTask], int]:
        """Return one page of what waits for a user, newest first, and the number of all of it."""
        waiting = _waiting(user_id, scope).subquery()
        order = (waiting.c.since.desc(), waiting.c.task_id, waiting.c.approval_id)
        found = select(waiting).order_by(*order).limit(limit).offset(offset)
        async with self._database.read() as connection:
            total = (await connection.execute(select(func.count()).select_from(waiting))).scalar_one()
            rows = (await connection.execute(found)).all()
            asked = await self._asked(connection, [row.approval_id for row in rows if row.approval_id])
        return [
            WaitingTask(
                kind=InboxKind(row.kind),
                session_id=row.session_id,
                session_name=row.session_name,
                access=Access.OWNER if row.owner == user_id else Access.COLLABORATOR,
                task_id=row.task_id,
                task_input=row.task_input,
                since=row.since,
                approval=asked.get(row.approval_id),
                asked=row.asked,
            )
            for row in rows
        ], total

    async def _asked(self, connection: Statements, ids: Sequence[str]) -> dict[str, Approval]:
        if not ids:
            return {}
        rows = (await connection.execute(select(approvals).where(approvals.c.id.in_(ids)))).mappings()
        return {row["id"]: self._approvals.to_shape(row) for row in rows}


def _waiting(user_id: UserId, scope: SessionScope) -> Any:
    """Select the tasks that wait, in the sessions of the scope in which the user may answer."""
    asked = (
        select(
            *_columns(literal(InboxKind.APPROVAL.value), approvals.c.created_at),
            approvals.c.id.label("approval_id"),
            literal(None).label("asked"),
        )
        .select_from(approvals.join(tasks, tasks.c.id == approvals.c.task_id))
        .where(_IS_PENDING)
    )
    has_approval = select(approvals.c.id).where(approvals.c.task_id == tasks.c.id, _IS_PENDING).exists()
    is_interactive = tasks.c.activity == Activity.INTERACTIVE
    kind = case((is_interactive, InboxKind.QUESTION.value), else_=InboxKind.INTERRUPTED.value)
    # A subtask that was interrupted is resumed by the task that waits for it.
    is_interrupted = and_(tasks.c.activity == Activity.RESUMABLE, tasks.c.parent_id.is_(None))
    halted = (
        select(
            *_columns(kind, func.coalesce(_LAST_MESSAGE, tasks.c.created_at)),
            literal(None).label("approval_id"),
            case((is_interactive, _QUESTION)).label("asked"),
        )
        .select_from(tasks)
        .where(tasks.c.status.not_in(FINAL), or_(is_interactive, is_interrupted), ~has_approval)
    )
    return union_all(*(_within(part, user_id, scope) for part in (asked, halted)))


def _columns(kind: ColumnElement[Any], since: ColumnElement[Any]) -> list[Any]:
    return [
        kind.label("kind"),
        since.label("since"),
        tasks.c.id.label("task_id"),
        func.substr(tasks.c.input, 1, INPUT_CHARACTERS).label("task_input"),
        sessions.c.id.label("session_id"),
        sessions.c.name.label("session_name"),
        sessions.c.user_id.label("owner"),
    ]


def _within(part: Select[Any], user_id: UserId, scope: SessionScope) -> Select[Any]:
    shared = select(session_shares.c.session_id).where(
        session_shares.c.user_id == user_id, session_shares.c.access == SharedAccess.COLLABORATOR
    )
    is_mine, is_shared = sessions.c.user_id == user_id, sessions.c.id.in_(shared)
    wanted = {SessionScope.MINE: is_mine, SessionScope.SHARED: is_shared}
    return part.join(sessions, sessions.c.id == tasks.c.session_id).where(
        sessions.c.deleted_at.is_(None),
        wanted.get(scope, or_(is_mine, is_shared)),
    )
