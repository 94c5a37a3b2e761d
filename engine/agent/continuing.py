"""Which task another one continues from, and what it takes over from it besides the conversation."""

from __future__ import annotations

import dataclasses
from typing import Any

from roocode_server.engine.storage.tasks import TaskRepository
from roocode_server.models.task import Task


class Continuing:
    """Finds what a task continues from if that is decided when it begins."""

    def __init__(self, tasks: TaskRepository) -> None:
        self._tasks = tasks

    async def latest(self, task: Task) -> Task | None:
        """Return the task of the session that has worked last, if a task that begins now continues from it.

        A task that has begun with a conversation already, and is retried, begins with that one again.
        """
        has_begun = task.started_at is not None or task.continued_from is not None
        if has_begun or not task.continue_latest:
            return None
        return await self._tasks.worked_last(task.session_id)


def taken_over(source: Task, task: Task) -> dict[str, Any]:
    """Return the fields of a task that begins with the conversation of another one."""
    return {
        "continued_from": source.id,
        "mode": task.config.mode or source.mode,
        "todos": source.todos,
        "usage": dataclasses.replace(task.usage, context_tokens=source.usage.context_tokens),
    }
