"""What one connection knows of tasks, whose events name them by the server's ids only."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from roocode_server.models.task import TaskStatus

MOST_KNOWN: Final = 1000
"""The tasks that a connection remembers; one that it has forgotten is looked up again."""


@dataclass(slots=True)
class KnownTask:
    """A task, as far as it is known; `has_begun` once the agent has worked on it."""

    shown_id: str
    status: TaskStatus
    progress: int
    has_begun: bool


class KnownTasks:
    """The tasks that a connection knows, by the server's ids."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, KnownTask] = OrderedDict()

    def find(self, task_id: str) -> KnownTask | None:
        """What is known of a task; None, if it has to be looked up."""
        return self._known.get(task_id)

    def learn(self, task: Mapping[str, Any]) -> str:
        """Take a task as it is now, unless it is known; return the id that is shown."""
        known = self._known.get(task["id"])
        if known is None:
            has_begun = task.get("startedAt") is not None
            known = KnownTask(shown_id(task), TaskStatus(task["status"]), task["progress"], has_begun)
            self._keep(task["id"], known)
        return known.shown_id

    def learn_nothing(self, task_id: str) -> str:
        """A task cannot be looked up; return the id that is shown."""
        self._keep(task_id, KnownTask(task_id, TaskStatus.RUNNING, 0, has_begun=True))
        return task_id

    def _keep(self, task_id: str, task: KnownTask) -> None:
        self._known[task_id] = task
        if len(self._known) > MOST_KNOWN:
            self._known.popitem(last=False)


def shown_id(task: Mapping[str, Any]) -> str:
    """The id that the task's client has chosen, or else the server's."""
    return str(task.get("clientId") or task["id"])
