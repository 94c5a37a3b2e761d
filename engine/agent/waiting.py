"""Waiting for a task: until it has ended, or until it needs a person."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Final

from roocode_server.engine.agent.tasks import Tasks
from roocode_server.engine.events.hub import Hub
from roocode_server.models.event import StoredEvent
from roocode_server.models.task import FINAL, Activity, Task, TaskGet, WaitFor

NEEDING_A_PERSON: Final = frozenset({Activity.INTERACTIVE, Activity.IDLE, Activity.RESUMABLE})


class _News:
    """Notes that a durable event of a session has been announced."""

    def __init__(self) -> None:
        self.is_there = asyncio.Event()

    def deliver(self, stored: StoredEvent) -> None:
        """As `Follower.deliver`."""
        if stored.seq and stored.task_id is not None:
            self.is_there.set()


class TaskWaits:
    """Callers who wait for tasks. Each looks at its task again whenever a task of the session has news."""

    def __init__(self, tasks: Tasks, hub: Hub, *, longest_s: float) -> None:
        self._tasks = tasks
        self._hub = hub
        self._longest_s = longest_s

    async def get(self, request: TaskGet) -> Task:
        """Return a task as soon as it is what the caller waits for, and after the time in any case.

        Raises: NotFound, also if its session is deleted meanwhile.
        """
        if not request.wait:
            return await self._tasks.get(request.session_id, request.task_id)
        news = _News()
        leave = self._hub.follow(request.session_id, news)
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(request.wait, self._longest_s)):
                    while True:
                        news.is_there.clear()
                        task = await self._tasks.get(request.session_id, request.task_id)
                        if await self._is_reached(task, request.wait_for):
                            return task
                        await news.is_there.wait()
        finally:
            leave()
        return await self._tasks.get(request.session_id, request.task_id)

    async def _is_reached(self, task: Task, wait_for: WaitFor) -> bool:
        if task.status in FINAL or wait_for is WaitFor.END:
            return task.status in FINAL
        below = await self._tasks.below(task.id) if task.activity is Activity.PAUSED else []
        return any(each.activity in NEEDING_A_PERSON and each.status not in FINAL for each in (task, *below))
