"""The repository of tasks' former turns: those that another turn or a retry has followed."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, delete, insert, select, union_all

from roocode_server.engine.storage.database import Database, Transaction
from roocode_server.engine.storage.rows import Rows
from roocode_server.engine.storage.tables import messages, task_turns, tasks, turn_snapshots
from roocode_server.models.identifier import MessageId, SessionId, TaskId
from roocode_server.models.task import Task, TaskTurn


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnStart:
    """Where a turn of a task began."""

    task_id: TaskId
    retry_count: int
    turn: int
    is_first: bool
    """Whether the task had not begun before, as if an earlier turn ended in the queue."""

    @classmethod
    def of(cls, task: Task) -> TurnStart:
        """Return where the present turn of a task has begun."""
        return cls(
            task_id=task.id,
            retry_count=task.retry_count,
            turn=task.turn,
            is_first=task.started_at == task.turn_started_at,
        )

    @property
    def key(self) -> TaskId:
        """The name under which the workspace is kept as it was then: the task's own for its beginning."""
        if self.is_first or self.turn == 1:
            return self.task_id
        return TaskId(f"{self.task_id}-{self.retry_count}-{self.turn}")


class TaskTurnRepository:
    """Former turns in the database. The latest one of each task is in the task's own row."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._rows = Rows(database, task_turns, TaskTurn)

    async def insert(self, unit: Transaction, task_id: TaskId, turn: TaskTurn) -> None:
        """Store a turn that has ended."""
        await self._rows.insert(unit, turn, task_id=task_id)

    async def page(self, task_id: TaskId, *, limit: int, offset: int) -> tuple[list[TaskTurn], int]:
        """Return one page of a task's former turns, newest first, and their total number."""
        return await self._rows.page(
            task_turns.c.task_id == task_id,
            order=(task_turns.c.retry_count.desc(), task_turns.c.turn.desc()),
            limit=limit,
            offset=offset,
        )

    async def all(self, task_id: TaskId) -> list[TaskTurn]:
        """Return all former turns of a task, oldest first."""
        return await self._rows.all(_all(task_id))

    async def all_on(self, unit: Transaction, task_id: TaskId) -> list[TaskTurn]:
        """As `all`, as the unit of work sees it."""
        return [self._rows.to_shape(row) for row in (await unit.execute(_all(task_id))).mappings()]

    async def first_after(self, session_id: SessionId, moment: datetime.datetime) -> TurnStart | None:
        """Return the first turn of a session's tasks that began at this moment or later, without subtasks."""
        of_session = (tasks.c.session_id == session_id, tasks.c.parent_id.is_(None))
        former = (
            select(
                task_turns.c.task_id,
                task_turns.c.retry_count,
                task_turns.c.turn,
                task_turns.c.started_at,
                (task_turns.c.started_at == tasks.c.started_at).label("is_first"),
            )
            .join(tasks, task_turns.c.task_id == tasks.c.id)
            .where(*of_session, task_turns.c.started_at >= moment)
        )
        latest = select(
            tasks.c.id.label("task_id"),
            tasks.c.retry_count,
            tasks.c.turn,
            tasks.c.turn_started_at.label("started_at"),
            (tasks.c.turn_started_at == tasks.c.started_at).label("is_first"),
        ).where(*of_session, tasks.c.turn_started_at >= moment)
        starts = union_all(former, latest).subquery()
        statement = select(starts).order_by(starts.c.started_at, starts.c.task_id).limit(1)
        async with self._database.read() as connection:
            row = (await connection.execute(statement)).first()
        if row is None:
            return None
        return TurnStart(
            task_id=row.task_id, retry_count=row.retry_count, turn=row.turn, is_first=bool(row.is_first)
        )

    async def said(self, message_id: MessageId) -> str | None:
        """Return the text of a message."""
        async with self._database.read() as connection:
            found: str | None = (await connection.execute(_said(message_id))).scalar_one_or_none()
        return found

    async def said_on(self, unit: Transaction, message_id: MessageId) -> str | None:
        """As `said`, as the unit of work sees it."""
        found: str | None = (await unit.execute(_said(message_id))).scalar_one_or_none()
        return found


class TurnSnapshotRepository:
    """Snapshots of workspaces at the beginning of each task's latest turn, if that is not the first."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self, task_id: TaskId) -> bytes | None:
        """Return the snapshot of a task's latest turn, or None."""
        statement = select(turn_snapshots.c.content).where(turn_snapshots.c.task_id == task_id)
        async with self._database.read() as connection:
            return (await connection.execute(statement)).scalar_one_or_none()

    async def replace(self, unit: Transaction, task_id: TaskId, content: bytes) -> None:
        """Store the snapshot of a turn that begins, in the place of the one before it."""
        await self.clear(unit, task_id)
        await unit.write(insert(turn_snapshots).values(task_id=task_id, content=content))

    async def clear(self, unit: Transaction, task_id: TaskId) -> None:
        """Delete a task's snapshot."""
        await unit.write(delete(turn_snapshots).where(turn_snapshots.c.task_id == task_id))


def _all(task_id: TaskId) -> Select[Any]:
    of_task = select(task_turns).where(task_turns.c.task_id == task_id)
    return of_task.order_by(task_turns.c.retry_count, task_turns.c.turn)


def _said(message_id: MessageId) -> Select[tuple[str | None]]:
    return select(messages.c.text).where(messages.c.id == message_id)
