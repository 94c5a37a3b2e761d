"""The repository of dependencies: which tasks wait for which others of their session."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Text, bindparam, cast, insert, or_, select, update

from roocode_server.engine.storage.database import Transaction
from roocode_server.engine.storage.rows import batched
from roocode_server.engine.storage.tables import task_dependencies, tasks
from roocode_server.models.identifier import SessionId, TaskId
from roocode_server.models.task import RETRIABLE, Activity, Task, TaskError, TaskStatus

_NAMES_PER_STATEMENT: Final = 250
"""Each is looked for twice: as a task's own id, and as its client's."""
_WAIT: Final = update(tasks).where(tasks.c.id == bindparam("of_task")).values(waiting_for=bindparam("left"))
_FAIL: Final = (
    update(tasks)
    .where(tasks.c.id == bindparam("of_task"))
    .values(
        status=TaskStatus.FAILED.value,
        activity=Activity.IDLE.value,
        error=bindparam("why"),
        waiting_for=[],
    )
)

_ENDED: Final = tasks.alias("ended")
_DOOMED: Final = (
    select(
        task_dependencies.c.task_id,
        task_dependencies.c.session_id,
        task_dependencies.c.name,
        task_dependencies.c.dependency_id,
        tasks.c.created_at,
        tasks.c.turn,
        _ENDED.c.status,
    )
    .select_from(
        task_dependencies.join(tasks, task_dependencies.c.task_id == tasks.c.id).join(
            _ENDED, task_dependencies.c.dependency_id == _ENDED.c.id
        )
    )
    .where(
        tasks.c.status == TaskStatus.PENDING.value,
        _ENDED.c.status.in_([status.value for status in RETRIABLE]),
        cast(tasks.c.waiting_for, Text).contains(task_dependencies.c.dependency_id),
    )
)
"""Pending tasks that wait for one that failed or was cancelled. One that had completed before is not waited
for again.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependency:
    """A task that another one depends on: the name by which it is called there, and how it stands.

    `task_id` and `status` are None if there is no such task.
    """

    name: str
    task_id: TaskId | None
    status: TaskStatus | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependent:
    """A task that waits for another one."""

    task_id: TaskId
    session_id: SessionId
    turn: int
    depends_on: Dependency


class DependencyRepository:
    """The dependencies of all tasks. Everything is read and written within a unit of work."""

    async def named(
        self, unit: Transaction, session_id: SessionId, names: Collection[str]
    ) -> Sequence[Dependency]:
        """Return the tasks of a session that have these ids, or ids of their clients, in this order."""
        found: dict[str, Any] = {}
        for some in batched(names, _NAMES_PER_STATEMENT):
            statement = select(tasks.c.id, tasks.c.client_id, tasks.c.status).where(
                tasks.c.session_id == session_id, or_(tasks.c.id.in_(some), tasks.c.client_id.in_(some))
            )
            for row in await unit.execute(statement):
                found |= {row.id: row, row.client_id: row}
        return [_dependency(name, found.get(name)) for name in names]

    async def of(self, unit: Transaction, task_id: TaskId) -> Sequence[Dependency]:
        """Return what a task depends on."""
        statement = (
            select(task_dependencies.c.name, tasks.c.id, tasks.c.status)
            .select_from(task_dependencies.outerjoin(tasks, task_dependencies.c.dependency_id == tasks.c.id))
            .where(task_dependencies.c.task_id == task_id)
            .order_by(task_dependencies.c.name)
        )
        return [
            _dependency(row.name, None if row.id is None else row) for row in await unit.execute(statement)
        ]

    async def insert(self, unit: Transaction, task: Task, dependencies: Sequence[Dependency]) -> None:
        """Store what a new task depends on, and that those which have named it before mean it."""
        rows = [
            {
                "task_id": task.id,
                "session_id": task.session_id,
                "name": each.name,
                "dependency_id": each.task_id,
            }
            for each in dependencies
        ]
        if rows:
            await unit.write(insert(task_dependencies), rows)
        if task.client_id is not None:
            await unit.write(
                update(task_dependencies)
                .where(
                    task_dependencies.c.session_id == task.session_id,
                    task_dependencies.c.name == task.client_id,
                    task_dependencies.c.dependency_id.is_(None),
                )
                .values(dependency_id=task.id)
            )

    async def depends_on_name(
        self, unit: Transaction, task_ids: Sequence[TaskId], name: str
    ) -> TaskId | None:
        """Return one of these tasks, or of those they depend on at any depth, that names a task which does
        not exist yet; None if there is none.
        """
        for some in batched(task_ids, _NAMES_PER_STATEMENT):
            above = select(tasks.c.id).where(tasks.c.id.in_(some)).cte("above", recursive=True)
            above = above.union(
                select(task_dependencies.c.dependency_id).where(
                    task_dependencies.c.task_id == above.c.id, task_dependencies.c.dependency_id.is_not(None)
                )
            )
            statement = (
                select(task_dependencies.c.task_id)
                .where(
                    task_dependencies.c.task_id == above.c.id,
                    task_dependencies.c.name == name,
                    task_dependencies.c.dependency_id.is_(None),
                )
                .limit(1)
            )
            found: TaskId | None = (await unit.execute(statement)).scalar_one_or_none()
            if found is not None:
                return found
        return None

    async def waiting_for(self, unit: Transaction, task_id: TaskId) -> Mapping[TaskId, list[TaskId]]:
        """Return the pending tasks that wait for this one, each with everything that it waits for."""
        statement = (
            select(tasks.c.id, tasks.c.waiting_for)
            .join(task_dependencies, task_dependencies.c.task_id == tasks.c.id)
            .where(task_dependencies.c.dependency_id == task_id, tasks.c.status == TaskStatus.PENDING.value)
        )
        return {row.id: row.waiting_for for row in await unit.execute(statement)}

    async def doomed(self, unit: Transaction, ended: Collection[TaskId], most: int) -> Sequence[Dependent]:
        """Return pending tasks that wait for some of these, if they failed or were cancelled: at most `most`,
        oldest first. A task that waits for two of them is returned twice.
        """
        found = await unit.execute(_DOOMED.where(task_dependencies.c.dependency_id.in_(ended)).limit(most))
        return [
            Dependent(
                task_id=row.task_id,
                session_id=row.session_id,
                turn=row.turn,
                depends_on=Dependency(
                    name=row.name, task_id=row.dependency_id, status=TaskStatus(row.status)
                ),
            )
            for row in sorted(found, key=lambda row: row.created_at)
        ]

    async def awaited_in_vain(self, unit: Transaction) -> Sequence[TaskId]:
        """Return the tasks that failed or were cancelled, and for which pending ones still wait."""
        found = await unit.execute(_DOOMED)
        return list(dict.fromkeys(row.dependency_id for row in found))

    async def fail(
        self, unit: Transaction, errors: Mapping[TaskId, TaskError], moment: datetime.datetime
    ) -> None:
        """Store that tasks have failed before they began, each with its error."""
        if errors:
            rows = [{"of_task": task_id, "why": error.dump()} for task_id, error in errors.items()]
            await unit.write(_FAIL.values(completed_at=moment), rows)

    async def wait(self, unit: Transaction, left: Mapping[TaskId, list[TaskId]]) -> None:
        """Store what tasks still wait for."""
        if left:
            await unit.write(_WAIT, [{"of_task": task_id, "left": names} for task_id, names in left.items()])


def _dependency(name: str, row: Any) -> Dependency:
    if row is None:
        return Dependency(name=name, task_id=None, status=None)
    return Dependency(name=name, task_id=row.id, status=TaskStatus(row.status))
