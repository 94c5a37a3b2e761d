"""The scheduler: gives tasks the places in which they work, in the order of `engine/agent/schedule.py`.

What it knows is in the tasks' rows: after a restart, those that are queued enter again.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Collection
from typing import Final

from roocode_server.engine.agent.schedule import Entrant, Schedule
from roocode_server.models.identifier import TaskId
from roocode_server.models.session import Session
from roocode_server.models.task import Task, TaskPriority

LEVELS_BELOW: Final = {TaskPriority.HIGH: 0, TaskPriority.MEDIUM: 1, TaskPriority.LOW: 2}


class Scheduler:
    """Lets tasks wait for their places. `ageing_s` is what a task has to wait longer, for each level of
    priority, to go before one of a higher priority.
    """

    def __init__(self, *, places: int, ageing_s: float) -> None:
        self._schedule = Schedule(places)
        self._ageing_s = ageing_s
        self._awaited: dict[TaskId, asyncio.Future[None]] = {}

    def rank(self, task: Task) -> float:
        """Return a number that is lower for the task of an owner that goes first."""
        return task.queued_at.timestamp() + LEVELS_BELOW[task.priority] * self._ageing_s

    def enter(self, task: Task, session: Session) -> TaskSlot:
        """Let a task wait for its places, until it leaves. None is given to anybody before somebody asks."""
        entrant = Entrant(
            task_id=task.id,
            session_id=session.id,
            user_id=session.user_id,
            rank=self.rank(task),
            waits_for=set(task.waiting_for),
        )
        self._schedule.enter(entrant, session.config.concurrent_tasks)
        return TaskSlot(self, entrant)

    def leave(self, entrant: Entrant) -> None:
        """Give what the task has to others, whether it has worked or waited."""
        self._schedule.leave(entrant)
        self._deal()

    def wait_for(self, entrant: Entrant, tasks: Collection[TaskId]) -> None:
        """Replace what a task waits for."""
        self._schedule.wait_for(entrant, tasks)
        self._deal()

    def completed(self, task_id: TaskId) -> None:
        """Called when a task has completed, for which others may wait."""
        self._schedule.complete(task_id)
        self._deal()

    def configured(self, session: Session) -> None:
        """Called when the configuration of a session has changed."""
        self._schedule.limit(session.id, session.config.concurrent_tasks)
        self._deal()

    async def take(self, entrant: Entrant) -> None:
        """Wait until the task has its places; returns at once if it has."""
        if entrant.has_begun and not entrant.is_working:
            self._schedule.go_on(entrant)
        self._deal()
        if entrant.is_working:
            return
        self._awaited[entrant.task_id] = asyncio.get_running_loop().create_future()
        try:
            await self._awaited[entrant.task_id]
        finally:
            del self._awaited[entrant.task_id]

    def give_back(self, entrant: Entrant) -> None:
        """Give the place of the server to others; that of the session is kept."""
        self._schedule.pause(entrant)
        self._deal()

    def _deal(self) -> None:
        for entrant in self._schedule.deal():
            awaited = self._awaited.get(entrant.task_id)
            if awaited is not None and not awaited.done():
                awaited.set_result(None)


class TaskSlot:
    """The places of a task, in which its subtasks work as well."""

    def __init__(self, scheduler: Scheduler, entrant: Entrant) -> None:
        self._scheduler = scheduler
        self._entrant = entrant

    def wait_for(self, tasks: Collection[TaskId]) -> None:
        """Replace what the task waits for before it begins."""
        self._scheduler.wait_for(self._entrant, tasks)

    def leave(self) -> None:
        """Called when the task is no longer worked on, nor to be."""
        self._scheduler.leave(self._entrant)

    async def take(self) -> None:
        """Wait until the task may work."""
        await self._scheduler.take(self._entrant)

    @contextlib.asynccontextmanager
    async def given_back(self) -> AsyncIterator[None]:
        """Let others work while the block runs, and wait for a place afterwards.

        If the block is left by an error or a cancellation, no place is waited for.
        """
        self._scheduler.give_back(self._entrant)
        yield
        await self.take()
