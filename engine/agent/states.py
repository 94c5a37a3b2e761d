"""A task's state: every change is one transaction with the event that tells of it; nobody else makes one."""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable
from typing import Any

from engine.storage.database import Database, Transaction
from engine.storage.tasks import TaskRepository
from models.clock import now
from models.error import Conflict, NotFound
from models.event import Event
from models.identifier import TaskId
from models.task import FINAL, TRANSITIONS, Activity, Task, TaskFocused, TaskStatus, TaskUnfocused

Alongside = Callable[[Transaction], Awaitable[None]]


class TaskStates:
    """Moves tasks from one state to the next."""

    def __init__(self, database: Database, tasks: TaskRepository) -> None:
        self._database = database
        self._tasks = tasks
        self._committed: dict[TaskId, Task] = {}
        """Unfinished tasks as they stand in the database: a step changes its task several times."""
        self._changing: dict[TaskId, Transaction] = {}
        """The unit that changed a task last and is not known to be committed."""

    async def move(
        self,
        task_id: TaskId,
        to: TaskStatus,
        *events: Event,
        alongside: Alongside | None = None,
        **changes: Any,
    ) -> Task:
        """Give a task a new status, in one transaction with its events and with `alongside`.

        Raises: NotFound; Conflict, if the task's present status does not lead to `to`.
        """
        async with self._database.transaction() as unit:
            task = await self._current(unit, task_id)
            if to not in TRANSITIONS[task.status]:
                raise Conflict(f"The task is {task.status} and cannot become {to}", status=task.status)
            if to in FINAL:
                changes |= {"completed_at": now(), "activity": Activity.IDLE}
            moved = dataclasses.replace(task, status=to, **changes)
            await self._store(unit, task, moved, events, alongside)
        self._keep(unit, moved)
        return moved

    async def note(
        self, task_id: TaskId, *events: Event, alongside: Alongside | None = None, **changes: Any
    ) -> Task:
        """Change what is known of a task within its status. Raises: NotFound; Conflict, if it has ended."""
        async with self._database.transaction() as unit:
            task = await self._current(unit, task_id)
            if task.status in FINAL:
                raise Conflict(f"The task is {task.status} already", status=task.status)
            noted = dataclasses.replace(task, **changes)
            await self._store(unit, task, noted, events, alongside)
        self._keep(unit, noted)
        return noted

    def forget(self, task_id: TaskId) -> None:
        """The task is gone with its session."""
        self._committed.pop(task_id, None)
        self._changing.pop(task_id, None)

    async def _current(self, unit: Transaction, task_id: TaskId) -> Task:
        task = self._committed.get(task_id) or await self._tasks.find_on(unit, task_id)
        if task is None:
            raise NotFound("task", task_id)
        return task

    async def _store(
        self,
        unit: Transaction,
        before: Task,
        after: Task,
        events: tuple[Event, ...],
        alongside: Alongside | None,
    ) -> None:
        self._committed.pop(after.id, None)
        self._changing[after.id] = unit
        await self._tasks.save(unit, after, before)
        if alongside is not None:
            await alongside(unit)
        for happened in _with_focus(before, after, events):
            unit.append(after.session_id, happened, task_id=after.id)

    def _keep(self, unit: Transaction, task: Task) -> None:
        """The unit is committed: unless another changes the task already, it stands as the unit left it."""
        if self._changing.get(task.id) is not unit:
            return
        del self._changing[task.id]
        if task.status not in FINAL:
            self._committed[task.id] = task


def _with_focus(before: Task, after: Task, events: tuple[Event, ...]) -> tuple[Event, ...]:
    """The events of a change, with those of the focus that comes with it; an end is the last that is told.

    Source: S2, `taskFocused`.
    """
    if _has_focus(before) == _has_focus(after):
        return events
    if after.status in FINAL:
        return (TaskUnfocused(), *events)
    return (*events, TaskFocused() if _has_focus(after) else TaskUnfocused())


def _has_focus(task: Task) -> bool:
    return task.status is TaskStatus.RUNNING and task.activity is not Activity.PAUSED
