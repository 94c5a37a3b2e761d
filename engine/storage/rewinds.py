"""The repository of rewinds: what a task was at each message, and what each rewind has taken back."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from sqlalchemy import Table, delete, insert, literal, null, select, update

from roocode_server.engine.storage.database import Database, Statements, Transaction
from roocode_server.engine.storage.rows import KEYS_PER_STATEMENT, batched
from roocode_server.engine.storage.tables import (
    Moment,
    approvals,
    messages,
    rewinds,
    rewound_turns,
    tasks,
    tool_calls,
    turns,
)
from roocode_server.models.approval import ApprovalStatus
from roocode_server.models.identifier import CallId, MessageId, TaskId
from roocode_server.models.rewind import RewindStep
from roocode_server.models.task import Task

_TURN: Final = [column.name for column in turns.columns]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskMoment:
    """What a task was when a message was stored: the length of its conversation, its mode, and the checkpoint
    of its files, or None if there was none.
    """

    message_id: MessageId
    position: int
    turns: int
    mode: str
    checkpoint: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewind:
    """A rewind of a task that can be undone; `former` is the task before, `calls` its calls.

    `former` is None as long as the conversation is not rewound yet. `under_way` is what has to be done once
    the files are those of `checkpoint` or, to undo it, of `former_checkpoint`.
    """

    task_id: TaskId
    number: int
    message_id: MessageId
    created_at: datetime.datetime
    former: Mapping[str, Any] | None = None
    checkpoint: str | None = None
    former_checkpoint: str | None = None
    under_way: RewindStep | None = None


class RewindRepository:
    """Rewinds in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def moment(self, task: Task, message_id: MessageId) -> TaskMoment | None:
        """Return what a task was at a message of its present run, or None."""
        of_message = select(messages).where(
            messages.c.id == message_id,
            messages.c.task_id == task.id,
            messages.c.run == task.retry_count,
            messages.c.rewind.is_(None),
        )
        async with self._database.read() as connection:
            row = (await connection.execute(of_message)).mappings().first()
            if row is None or row["position"] is None:
                return None
            checkpoint = await _checkpoint(connection, task.id, row["position"])
        return TaskMoment(
            message_id=row["id"],
            position=row["position"],
            turns=row["turns"],
            mode=row["mode"],
            checkpoint=checkpoint,
        )

    async def last(self, task_id: TaskId) -> Rewind | None:
        """Return the last rewind of a task that is not undone, or None."""
        statement = (
            select(rewinds).where(rewinds.c.task_id == task_id).order_by(rewinds.c.number.desc()).limit(1)
        )
        async with self._database.read() as connection:
            row = (await connection.execute(statement)).mappings().first()
        return None if row is None else _rewind(dict(row))

    async def under_way(self) -> list[Rewind]:
        """Return the rewinds that a stop of the server has cut short."""
        statement = select(rewinds).where(rewinds.c.under_way.is_not(None))
        async with self._database.read() as connection:
            return [_rewind(dict(row)) for row in (await connection.execute(statement)).mappings()]

    async def has_gone_on(self, task: Task, message_id: MessageId) -> bool:
        """Whether something has been said in a task after the message to which it was rewound."""
        of_message = select(messages.c.position).where(messages.c.id == message_id).scalar_subquery()
        later = select(messages.c.id).where(
            messages.c.task_id == task.id, messages.c.rewind.is_(None), messages.c.position > of_message
        )
        async with self._database.read() as connection:
            return (await connection.execute(later.limit(1))).first() is not None

    async def begin(self, unit: Transaction, rewind: Rewind) -> None:
        """Store a rewind that is to be made."""
        await unit.write(
            insert(rewinds).values(
                task_id=rewind.task_id,
                number=rewind.number,
                message_id=rewind.message_id,
                created_at=rewind.created_at,
                checkpoint=rewind.checkpoint,
                former_checkpoint=rewind.former_checkpoint,
                under_way=rewind.under_way,
            )
        )

    async def mark(self, unit: Transaction, rewind: Rewind, under_way: RewindStep | None) -> None:
        """Store what is to be done about a rewind once the files are restored."""
        await unit.write(update(rewinds).where(*_is(rewind)).values(under_way=under_way))

    async def forget(self, unit: Transaction, rewind: Rewind) -> None:
        """Delete a rewind that is undone, or was not made."""
        await unit.write(delete(rewinds).where(*_is(rewind)))

    async def forget_all(self, unit: Transaction, task_id: TaskId) -> None:
        """Delete all that is kept to undo the rewinds of a task."""
        for table in (rewinds, rewound_turns):
            await unit.write(delete(table).where(table.c.task_id == task_id))

    async def take_back(
        self,
        unit: Transaction,
        rewind: Rewind,
        moment: TaskMoment,
        *,
        calls: Sequence[CallId],
        former: Mapping[str, Any],
    ) -> None:
        """Take back what came after a message, these `calls` of the task among it; `former` is the task as it
        was before.
        """
        task_id, number = rewind.task_id, rewind.number
        kept: list[dict[str, Any]] = []
        for some in batched(calls, KEYS_PER_STATEMENT):
            made = (tool_calls.c.task_id == task_id, tool_calls.c.call_id.in_(some))
            rows = (await unit.execute(select(tool_calls).where(*made))).mappings()
            kept += [{str(name): row[name] for name in row} for row in rows]
            await unit.write(delete(tool_calls).where(*made))
            asked = (approvals.c.task_id == task_id, approvals.c.call_id.in_(some))
            await _mark(unit, approvals, "rewind", number, *asked)
            below = (tasks.c.parent_id == task_id, tasks.c.parent_call_id.in_(some))
            await _mark(unit, tasks, "parent_rewind", number, *below)
        content = orjson.loads(orjson.dumps({"task": former, "calls": kept}))
        await unit.write(update(rewinds).where(*_is(rewind)).values(former=content, under_way=null()))
        cut = (turns.c.task_id == task_id, turns.c.position >= moment.turns)
        moved = select(literal(number), *turns.columns).where(*cut)
        await unit.write(insert(rewound_turns).from_select(["rewind", *_TURN], moved))
        await unit.write(delete(turns).where(*cut))
        later = (messages.c.task_id == task_id, messages.c.position > moment.position)
        await _mark(unit, messages, "rewind", number, *later)

    async def give_back(self, unit: Transaction, rewind: Rewind, *, turns_left: int) -> None:
        """Bring back what a rewind has taken back, after the first `turns_left` turns, and forget it.

        Questions that were cancelled with it stay so.
        """
        task_id, number = rewind.task_id, rewind.number
        await unit.write(delete(turns).where(turns.c.task_id == task_id, turns.c.position >= turns_left))
        of_rewind = (rewound_turns.c.task_id == task_id, rewound_turns.c.rewind == number)
        moved = select(*(rewound_turns.c[name] for name in _TURN)).where(*of_rewind)
        await unit.write(insert(turns).from_select(_TURN, moved))
        await unit.write(delete(rewound_turns).where(*of_rewind))
        await _unmark(unit, messages, "rewind", number, messages.c.task_id == task_id)
        is_open = approvals.c.status != ApprovalStatus.CANCELLED
        await _unmark(unit, approvals, "rewind", number, approvals.c.task_id == task_id, is_open)
        await _unmark(unit, tasks, "parent_rewind", number, tasks.c.parent_id == task_id)
        calls = [_revived(call) for call in (rewind.former or {}).get("calls", [])]
        if calls:
            await unit.write(insert(tool_calls), calls)
        await self.forget(unit, rewind)


async def _checkpoint(connection: Statements, task_id: TaskId, position: int) -> str | None:
    """The last checkpoint that was known at or before a position of a task's messages."""
    known = (
        select(messages.c.checkpoint)
        .where(
            messages.c.task_id == task_id,
            messages.c.position <= position,
            messages.c.checkpoint.is_not(None),
            messages.c.rewind.is_(None),
        )
        .order_by(messages.c.position.desc())
        .limit(1)
    )
    checkpoint: str | None = (await connection.execute(known)).scalar()
    return checkpoint


async def _mark(unit: Transaction, table: Table, column: str, number: int, *where: Any) -> None:
    """Mark the rows that a rewind takes back, unless an earlier one has."""
    marked = update(table).where(*where, table.c[column].is_(None)).values({column: number})
    await unit.write(marked)


async def _unmark(unit: Transaction, table: Table, column: str, number: int, *where: Any) -> None:
    await unit.write(update(table).where(*where, table.c[column] == number).values({column: null()}))


def _is(rewind: Rewind) -> tuple[Any, Any]:
    return rewinds.c.task_id == rewind.task_id, rewinds.c.number == rewind.number


def _rewind(row: Mapping[str, Any]) -> Rewind:
    under_way = row["under_way"]
    return Rewind(**{**row, "under_way": None if under_way is None else RewindStep(under_way)})


def _revived(call: Mapping[str, Any]) -> dict[str, Any]:
    """A row of `tool_calls` from its JSON, which has times as texts."""
    times = {
        column.name
        for column in tool_calls.columns
        if isinstance(column.type, Moment) and call[column.name] is not None
    }
    return dict(call) | {name: datetime.datetime.fromisoformat(call[name]) for name in times}
