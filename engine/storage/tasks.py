"""Repositories of tasks, their conversations, tool calls and messages."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import (
    BindParameter,
    Select,
    bindparam,
    delete,
    exists,
    func,
    insert,
    literal,
    null,
    select,
    update,
)

from roocode_server.engine.storage.database import Database, Statements, Transaction
from roocode_server.engine.storage.prepared import Prepared
from roocode_server.engine.storage.rows import KEYS_PER_STATEMENT, Rows
from roocode_server.engine.storage.tables import (
    check_baselines,
    messages,
    sessions,
    snapshots,
    tasks,
    tool_calls,
    turns,
)
from roocode_server.models.clock import now
from roocode_server.models.conversation import Turn
from roocode_server.models.identifier import CallId, SessionId, TaskId, UserId
from roocode_server.models.message import SAID_BY_A_PERSON, Message
from roocode_server.models.task import FINAL, Task, TaskList, TaskStatus

_TASK: Final[BindParameter[str]] = bindparam("of_task")
_CALL: Final[BindParameter[str]] = bindparam("of_call")
_BEGIN: Final = Prepared(
    insert(tool_calls).values(
        task_id=_TASK,
        call_id=_CALL,
        position=select(func.count()).where(tool_calls.c.task_id == _TASK).scalar_subquery(),
    )
)
_CHANGE: Final = update(tool_calls).where(tool_calls.c.task_id == _TASK, tool_calls.c.call_id == _CALL)
_END: Final = Prepared(_CHANGE)
_LENGTH: Final = (
    select(func.coalesce(func.max(turns.c.position) + 1, 0)).where(turns.c.task_id == _TASK).scalar_subquery()
)
_SAY: Final = Prepared(insert(messages).values(turns=_LENGTH))
_LATEST: Final = select(
    func.max(messages.c.ts).label("latest"), func.max(messages.c.position).label("last")
).where(messages.c.task_id == _TASK)


class TaskRepository:
    """Tasks in the database."""

    def __init__(self, database: Database) -> None:
        self._rows = Rows(database, tasks, Task)

    async def find(self, session_id: SessionId, task_id: TaskId) -> Task | None:
        """Return a task of the session by its id, or that of its client, or None."""
        own = await self._rows.first_with(id=task_id, session_id=session_id)
        return own or await self._rows.first_with(client_id=task_id, session_id=session_id)

    async def find_anywhere(self, task_id: TaskId) -> Task | None:
        """Return a task of any session by its id, or None."""
        return await self._rows.first_with(id=task_id)

    async def find_on(self, unit: Transaction, task_id: TaskId) -> Task | None:
        """Return the task as the unit of work sees it, or None."""
        return await self._rows.first_with_on(unit.connection, id=task_id)

    async def page(self, request: TaskList) -> tuple[list[Task], int]:
        """Return one page of a session's tasks, newest first, and their total number."""
        wanted = {"status": request.status, "type": request.type, "priority": request.priority}
        where = [tasks.c[name] == content for name, content in wanted.items() if content is not None]
        return await self._rows.page(
            tasks.c.session_id == request.session_id,
            *where,
            order=(tasks.c.created_at.desc(), tasks.c.id),
            limit=request.limit,
            offset=request.offset,
        )

    async def worked_last(self, session_id: SessionId) -> Task | None:
        """Return the session's task whose latest turn began last, of those that are not at work, or None.

        Subtasks do not count.
        """
        found = await self._rows.all(
            select(tasks)
            .where(
                tasks.c.session_id == session_id,
                tasks.c.parent_id.is_(None),
                tasks.c.started_at.is_not(None),
                tasks.c.status != TaskStatus.RUNNING,
            )
            .order_by(tasks.c.turn_started_at.desc())
            .limit(1)
        )
        return found[0] if found else None

    async def durations(self, session_id: SessionId, *, limit: int) -> Sequence[datetime.timedelta]:
        """Return how long the session's last completed tasks took in their latest turn, without subtasks."""
        statement = (
            select(tasks.c.turn_started_at, tasks.c.completed_at)
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
        return [row.completed_at - row.turn_started_at for row in found]

    async def unfinished(self, session_id: SessionId | None = None) -> list[Task]:
        """Return all unfinished tasks, of one session or of all, oldest first."""
        statement = select(tasks).where(tasks.c.status.not_in(FINAL)).order_by(tasks.c.created_at)
        if session_id is not None:
            statement = statement.where(tasks.c.session_id == session_id)
        return await self._rows.all(statement)

    async def unfinished_ids(self, session_id: SessionId) -> list[TaskId]:
        """Return the ids of a session's unfinished tasks, oldest first: there may be thousands."""
        statement = (
            select(tasks.c.id)
            .where(tasks.c.session_id == session_id, tasks.c.status.not_in(FINAL))
            .order_by(tasks.c.created_at)
        )
        async with self._rows.database.read() as connection:
            return list((await connection.execute(statement)).scalars())

    async def count_unfinished_on(self, unit: Transaction, user_id: UserId) -> int:
        """How many tasks in a user's sessions have not ended, without subtasks, as the unit sees them."""
        statement = (
            select(func.count())
            .select_from(tasks.join(sessions, tasks.c.session_id == sessions.c.id))
            .where(
                tasks.c.status.not_in(FINAL),
                tasks.c.parent_id.is_(None),
                sessions.c.user_id == user_id,
                sessions.c.deleted_at.is_(None),
            )
        )
        count: int = (await unit.connection.execute(statement)).scalar_one()
        return count

    async def child_of_call(self, parent: Task, call_id: CallId) -> Task | None:
        """Return the subtask that a call has created in this turn of its parent, or None."""
        return await self._rows.first_with(
            parent_id=parent.id,
            parent_call_id=call_id,
            parent_run=parent.retry_count,
            parent_turn=parent.turn,
            parent_rewind=None,
        )

    async def unfinished_children(self, parent_id: TaskId) -> list[Task]:
        """Return a task's unfinished subtasks."""
        return await self._rows.all(
            select(tasks).where(tasks.c.parent_id == parent_id, tasks.c.status.not_in(FINAL))
        )

    async def below_in_turn(self, task: Task) -> list[Task]:
        """Return all subtasks of a task's present turn, at any depth."""
        children = await self._rows.all(
            select(tasks).where(
                tasks.c.parent_id == task.id,
                tasks.c.parent_run == task.retry_count,
                tasks.c.parent_turn == task.turn,
            )
        )
        return children + await self._below([child.id for child in children])

    async def below(self, task_id: TaskId) -> list[Task]:
        """Return all subtasks of a task, at any depth, deepest first."""
        return await self._below([task_id])

    async def _below(self, above: Sequence[TaskId]) -> list[Task]:
        levels: list[list[Task]] = []
        while above:
            found: list[Task] = []
            for start in range(0, len(above), KEYS_PER_STATEMENT):
                some = above[start : start + KEYS_PER_STATEMENT]
                found += await self._rows.all(select(tasks).where(tasks.c.parent_id.in_(some)))
            levels.append(found)
            above = [task.id for task in found]
        return [task for level in reversed(levels) for task in level]

    async def insert(
        self, unit: Transaction, task: Task, *, parent_run: int = 0, parent_turn: int = 1
    ) -> None:
        """Store a new task; a subtask with its parent's `retry_count` and `turn`."""
        await self._rows.insert(unit, task, parent_run=parent_run, parent_turn=parent_turn)

    async def save(self, unit: Transaction, task: Task, before: Task) -> None:
        """Store the fields that differ from `before`."""
        await self._rows.save(unit, task, before)


class ConversationRepository:
    """The turns of each task's conversation with the model."""

    def __init__(self, database: Database) -> None:
        self._rows = Rows(database, turns, Turn)

    async def load(self, task_id: TaskId) -> list[Turn]:
        """Return a task's turns, in order."""
        return await self._rows.all(
            select(turns).where(turns.c.task_id == task_id).order_by(turns.c.position)
        )

    async def append(self, unit: Transaction, task_id: TaskId, position: int, turn: Turn) -> None:
        """Store a turn at its position."""
        await self._rows.insert(unit, turn, task_id=task_id, position=position)

    async def clear(self, unit: Transaction, task_id: TaskId) -> None:
        """Delete a task's turns, without those that it began with."""
        inherited = select(tasks.c.inherited_turns).where(tasks.c.id == task_id).scalar_subquery()
        await unit.write(delete(turns).where(turns.c.task_id == task_id, turns.c.position >= inherited))

    async def copy(self, unit: Transaction, source_id: TaskId, task_id: TaskId) -> None:
        """Let a new task begin with the turns of another one."""
        replaced = {"task_id": literal(task_id), "begins_turn": null()}
        copied = select(*(replaced.get(column.name, column) for column in turns.columns)).where(
            turns.c.task_id == source_id
        )
        await unit.write(insert(turns).from_select([column.name for column in turns.columns], copied))
        number = select(func.count()).where(turns.c.task_id == task_id).scalar_subquery()
        await unit.write(update(tasks).where(tasks.c.id == task_id).values(inherited_turns=number))


class ToolCallRepository:
    """Which tool calls of a task have begun and ended, and how."""

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
        """Record that a call begins; if it is not new, it may have been interrupted and is run again."""
        key = {"of_task": task_id, "of_call": call_id}
        moment = {"started_at": now()}
        if not is_new and await unit.changed(_CHANGE, [key | moment]):
            return
        await unit.write(_BEGIN, [key | moment | {"tool_name": tool_name, "command": command}])

    async def end(self, unit: Transaction, task_id: TaskId, call_id: CallId, *, success: bool) -> None:
        """Record how a call ended."""
        key = {"of_task": task_id, "of_call": call_id}
        await unit.write(_END, [key | {"completed_at": now(), "success": success}])

    async def all(self, task_id: TaskId) -> Sequence[Any]:
        """Return the rows of a task's calls, in the order in which they began."""
        statement = select(tool_calls).where(tool_calls.c.task_id == task_id).order_by(tool_calls.c.position)
        async with self._database.read() as connection:
            return (await connection.execute(statement)).all()

    async def clear(self, unit: Transaction, task_id: TaskId) -> None:
        """Delete a task's calls."""
        await unit.write(delete(tool_calls).where(tool_calls.c.task_id == task_id))

    async def was_begun(self, task_id: TaskId, call_id: CallId) -> bool:
        """Return whether a call has begun and not ended."""
        statement = select(tool_calls.c.call_id).where(
            tool_calls.c.task_id == task_id,
            tool_calls.c.call_id == call_id,
            tool_calls.c.completed_at.is_(None),
        )
        async with self._database.read() as connection:
            return (await connection.execute(statement)).first() is not None


class MessageRepository:
    """The messages of each task, for people."""

    def __init__(self, database: Database) -> None:
        self._rows = Rows(database, messages, Message)

    async def insert(
        self,
        unit: Transaction,
        message: Message,
        *,
        run: int,
        position: int,
        mode: str,
        checkpoint: str | None,
    ) -> None:
        """Store a new message, of a run of its task, with what the task is at this moment."""
        of_task = {"of_task": message.task_id, "run": run, "position": position}
        of_task |= {"mode": mode, "checkpoint": checkpoint}
        await unit.write(_SAY, [self._rows.to_row(message) | of_task])

    async def correct(self, unit: Transaction, task_id: TaskId, *, since: int, checkpoint: str) -> None:
        """Store the checkpoint that holds the files as the messages since a position tell of them."""
        later = (messages.c.task_id == task_id, messages.c.position >= since)
        await unit.write(update(messages).where(*later).values(checkpoint=checkpoint))

    async def latest(self, connection: Statements, task_id: TaskId) -> tuple[int, int]:
        """Return the time of a task's last message in milliseconds, 0 if there is none, and the position of
        the next one.
        """
        found = (await connection.execute(_LATEST, [{"of_task": task_id}])).mappings().one()
        last = found["last"]
        return found["latest"] or 0, 0 if last is None else last + 1

    async def page(self, task_id: TaskId, *, limit: int, offset: int) -> tuple[list[Message], int]:
        """Return one page of a task's messages, oldest first, and their total number."""
        return await self._rows.page(
            messages.c.task_id == task_id,
            messages.c.rewind.is_(None),
            order=(messages.c.ts,),
            limit=limit,
            offset=offset,
        )

    async def unheard(self, task_id: TaskId) -> list[Message]:
        """Return people's messages that are not yet part of the conversation, oldest first.

        Those from before the task was retried are not.
        """
        return await self._rows.all(_unheard(task_id).order_by(messages.c.ts))

    async def is_any_unheard(self, unit: Transaction, task_id: TaskId) -> bool:
        """Whether people have said something that is not yet part of the conversation."""
        found: bool = (await unit.execute(select(exists(_unheard(task_id))))).scalar_one()
        return found


def _unheard(task_id: TaskId) -> Select[Any]:
    run = select(tasks.c.retry_count).where(tasks.c.id == task_id).scalar_subquery()
    heard = select(turns.c.message_id).where(turns.c.task_id == task_id, turns.c.message_id.is_not(None))
    return select(messages).where(
        messages.c.task_id == task_id,
        messages.c.say == SAID_BY_A_PERSON,
        messages.c.run == run,
        messages.c.rewind.is_(None),
        messages.c.id.not_in(heard),
    )


class SnapshotRepository:
    """Snapshots of workspaces at the beginning of each task, as opaque bytes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self, task_id: TaskId) -> bytes | None:
        """Return a task's snapshot, or None."""
        statement = select(snapshots.c.content).where(snapshots.c.task_id == task_id)
        async with self._database.read() as connection:
            return (await connection.execute(statement)).scalar_one_or_none()

    async def insert(self, unit: Transaction, task_id: TaskId, content: bytes) -> None:
        """Store a task's snapshot."""
        await unit.write(insert(snapshots).values(task_id=task_id, content=content))

    async def clear(self, unit: Transaction, task_id: TaskId) -> None:
        """Delete a task's snapshot."""
        await unit.write(delete(snapshots).where(snapshots.c.task_id == task_id))


class CheckBaselineRepository:
    """What the files that a task's checks are about contained at its first start, as opaque bytes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self, task_id: TaskId) -> bytes | None:
        """Return a task's baseline, or None."""
        statement = select(check_baselines.c.digests).where(check_baselines.c.task_id == task_id)
        async with self._database.read() as connection:
            return (await connection.execute(statement)).scalar_one_or_none()

    async def insert(self, unit: Transaction, task_id: TaskId, digests: bytes) -> None:
        """Store a task's baseline."""
        await unit.write(insert(check_baselines).values(task_id=task_id, digests=digests))
