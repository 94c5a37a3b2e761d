"""The repositories of tasks, their conversations, tool calls and messages."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import BindParameter, bindparam, func, insert, select, update

from roocode_server.engine.storage.database import Database, Statements, Transaction
from roocode_server.engine.storage.rows import Rows
from roocode_server.engine.storage.tables import messages, snapshots, tasks, tool_calls, turns
from roocode_server.models.clock import now
from roocode_server.models.conversation import Turn
from roocode_server.models.identifier import CallId, SessionId, TaskId
from roocode_server.models.message import Message
from roocode_server.models.task import FINAL, Task, TaskStatus

SAID_BY_A_PERSON: Final = "user_feedback"
_AT_ONCE: Final = 500
"""How many rows one statement asks for by their keys."""

_TASK: Final[BindParameter[str]] = bindparam("of_task")
_CALL: Final[BindParameter[str]] = bindparam("of_call")
_BEGIN: Final = insert(tool_calls).values(
    task_id=_TASK,
    call_id=_CALL,
    position=select(func.count()).where(tool_calls.c.task_id == _TASK).scalar_subquery(),
)
_CHANGE: Final = update(tool_calls).where(tool_calls.c.task_id == _TASK, tool_calls.c.call_id == _CALL)
_LATEST: Final = select(func.max(messages.c.ts)).where(messages.c.task_id == _TASK)


class TaskRepository:
    """Tasks as rows."""

    def __init__(self, database: Database) -> None:
        self._rows = Rows(database, tasks, Task)

    async def find(self, session_id: SessionId, task_id: TaskId) -> Task | None:
        return await self._rows.first(tasks.c.id == task_id, tasks.c.session_id == session_id)

    async def find_on(self, unit: Transaction, task_id: TaskId) -> Task | None:
        """The task as the unit sees it."""
        return await self._rows.first_on(unit.connection, tasks.c.id == task_id)

    async def page(
        self, session_id: SessionId, status: TaskStatus | None, *, limit: int, offset: int
    ) -> tuple[list[Task], int]:
        """A session's tasks, newest first, and how many there are."""
        where = [tasks.c.session_id == session_id]
        if status is not None:
            where.append(tasks.c.status == status)
        order = (tasks.c.created_at.desc(), tasks.c.id)
        return await self._rows.page(*where, order=order, limit=limit, offset=offset)

    async def durations(self, session_id: SessionId, *, limit: int) -> Sequence[datetime.timedelta]:
        """How long the session's last completed tasks took, subtasks left out."""
        statement = (
            select(tasks.c.started_at, tasks.c.completed_at)
            .where(
                tasks.c.session_id == session_id,
                tasks.c.status == TaskStatus.COMPLETED,
                tasks.c.parent_id.is_(None),
            )
            .order_by(tasks.c.completed_at.desc())
            .limit(limit)
        )
        async with self._rows.database.read() as connection:
            found = (await connection.execute(statement)).all()
        return [row.completed_at - row.started_at for row in found]

    async def unfinished(self, session_id: SessionId | None = None) -> list[Task]:
        """Every task that has not ended, oldest first."""
        statement = select(tasks).where(tasks.c.status.not_in(FINAL)).order_by(tasks.c.created_at)
        if session_id is not None:
            statement = statement.where(tasks.c.session_id == session_id)
        return await self._rows.all(statement)

    async def child_of_call(self, parent_id: TaskId, call_id: CallId) -> Task | None:
        """The subtask that a call of a task has made."""
        return await self._rows.first(tasks.c.parent_id == parent_id, tasks.c.parent_call_id == call_id)

    async def unfinished_children(self, parent_id: TaskId) -> list[Task]:
        """The subtasks of a task that have not ended."""
        return await self._rows.all(
            select(tasks).where(tasks.c.parent_id == parent_id, tasks.c.status.not_in(FINAL))
        )

    async def below(self, task_id: TaskId) -> list[Task]:
        """The subtasks of a task and theirs, however deep: each after those that it waits for."""
        levels: list[list[Task]] = []
        above: Sequence[TaskId] = [task_id]
        while above:
            found: list[Task] = []
            for start in range(0, len(above), _AT_ONCE):
                some = above[start : start + _AT_ONCE]
                found += await self._rows.all(select(tasks).where(tasks.c.parent_id.in_(some)))
            levels.append(found)
            above = [task.id for task in found]
        return [task for level in reversed(levels) for task in level]

    async def insert(self, unit: Transaction, task: Task) -> None:
        await self._rows.insert(unit, task)

    async def save(self, unit: Transaction, task: Task, before: Task) -> None:
        """Store what differs from `before`."""
        await self._rows.save(unit, task, before)


class ConversationRepository:
    """What was said between engine and model, turn by turn."""

    def __init__(self, database: Database) -> None:
        self._rows = Rows(database, turns, Turn)

    async def load(self, task_id: TaskId) -> list[Turn]:
        return await self._rows.all(
            select(turns).where(turns.c.task_id == task_id).order_by(turns.c.position)
        )

    async def append(self, unit: Transaction, task_id: TaskId, position: int, turn: Turn) -> None:
        await self._rows.insert(unit, turn, task_id=task_id, position=position)


class ToolCallRepository:
    """Which tool calls of a task were begun and ended, and what they changed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(
        self,
        unit: Transaction,
        task_id: TaskId,
        call_id: CallId,
        *,
        tool_name: str,
        command: str | None,
        is_new: bool,
    ) -> None:
        """Note that a call begins; one that is not new may have been interrupted, and begins anew."""
        key = {"of_task": task_id, "of_call": call_id}
        moment = {"started_at": now()}
        if not is_new and (await unit.execute(_CHANGE, [key | moment])).rowcount:
            return
        await unit.write(_BEGIN, [key | moment | {"tool_name": tool_name, "command": command}])

    async def end(self, unit: Transaction, task_id: TaskId, call_id: CallId, *, success: bool) -> None:
        key = {"of_task": task_id, "of_call": call_id}
        await unit.write(_CHANGE, [key | {"completed_at": now(), "success": success}])

    async def all(self, task_id: TaskId) -> Sequence[Any]:
        """The rows of a task's calls in the order in which they began."""
        statement = select(tool_calls).where(tool_calls.c.task_id == task_id).order_by(tool_calls.c.position)
        async with self._database.read() as connection:
            return (await connection.execute(statement)).all()

    async def was_begun(self, task_id: TaskId, call_id: CallId) -> bool:
        """Whether a call was begun and never ended."""
        statement = select(tool_calls.c.call_id).where(
            tool_calls.c.task_id == task_id,
            tool_calls.c.call_id == call_id,
            tool_calls.c.completed_at.is_(None),
        )
        async with self._database.read() as connection:
            return (await connection.execute(statement)).first() is not None


class MessageRepository:
    """What people read of a task."""

    def __init__(self, database: Database) -> None:
        self._rows = Rows(database, messages, Message)

    async def insert(self, unit: Transaction, message: Message) -> None:
        await self._rows.insert(unit, message)

    async def latest_ts(self, connection: Statements, task_id: TaskId) -> int:
        """The time of the task's last message; 0 where there is none."""
        found = (await connection.execute(_LATEST, [{"of_task": task_id}])).scalar_one_or_none()
        return found or 0

    async def page(self, task_id: TaskId, *, limit: int, offset: int) -> tuple[list[Message], int]:
        """A task's messages, oldest first, and how many there are."""
        return await self._rows.page(
            messages.c.task_id == task_id, order=(messages.c.ts,), limit=limit, offset=offset
        )

    async def unheard(self, task_id: TaskId) -> list[Message]:
        """What people said that has not reached the conversation yet, oldest first."""
        heard = select(turns.c.message_id).where(turns.c.task_id == task_id, turns.c.message_id.is_not(None))
        return await self._rows.all(
            select(messages)
            .where(
                messages.c.task_id == task_id,
                messages.c.say == SAID_BY_A_PERSON,
                messages.c.id.not_in(heard),
            )
            .order_by(messages.c.ts)
        )


class SnapshotRepository:
    """The state of the workspace when a task began, as bytes that the engine understands."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self, task_id: TaskId) -> bytes | None:
        statement = select(snapshots.c.content).where(snapshots.c.task_id == task_id)
        async with self._database.read() as connection:
            return (await connection.execute(statement)).scalar_one_or_none()

    async def insert(self, unit: Transaction, task_id: TaskId, content: bytes) -> None:
        await unit.write(insert(snapshots).values(task_id=task_id, content=content))
