"""A session's events as S4's `task_status_update`, with the status that was left.

Source: S4, "Real-time Update Messages".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import orjson

from roocode_server.handlers.dialects.opencode.answers import TaskStatusUpdate
from roocode_server.handlers.dialects.opencode.known_tasks import KnownTask, KnownTasks
from roocode_server.handlers.dialects.opencode.subscriptions import Channel, Subscriptions
from roocode_server.models.event import StoredEvent
from roocode_server.models.task import (
    TaskActive,
    TaskCancelled,
    TaskCompleted,
    TaskCreatedEvent,
    TaskFailed,
    TaskIdle,
    TaskInteractive,
    TaskPaused,
    TaskProgress,
    TaskReopened,
    TaskResumable,
    TaskResumed,
    TaskRetried,
    TaskStarted,
    TaskStatus,
)

DONE: Final = 100
CHANGES: Final[dict[str, tuple[TaskStatus, TaskStatus]]] = {
    TaskStarted.name: (TaskStatus.PENDING, TaskStatus.RUNNING),
    TaskResumed.name: (TaskStatus.PENDING, TaskStatus.RUNNING),
    TaskResumable.name: (TaskStatus.RUNNING, TaskStatus.PENDING),
    TaskCompleted.name: (TaskStatus.RUNNING, TaskStatus.COMPLETED),
    TaskFailed.name: (TaskStatus.RUNNING, TaskStatus.FAILED),
    TaskCancelled.name: (TaskStatus.RUNNING, TaskStatus.CANCELLED),
    TaskRetried.name: (TaskStatus.FAILED, TaskStatus.PENDING),
    TaskReopened.name: (TaskStatus.COMPLETED, TaskStatus.PENDING),
}
"""The events that change a status: from what, unless the task is known to have had another, to what."""
AGENT_NEWS: Final = frozenset(
    each.name
    for each in (TaskStarted, TaskResumed, TaskProgress, TaskInteractive, TaskActive, TaskIdle, TaskPaused)
)
"""The events after which an agent is not as it was."""


class TaskUpdates:
    """Translates the events of one connection's session.

    A task that the connection does not know is looked up before its first update: `needs` says which.
    """

    def __init__(self, subscriptions: Subscriptions, known: KnownTasks) -> None:
        self._subscriptions = subscriptions
        self._known = known

    def needs(self, stored: StoredEvent) -> str | None:
        """The task that has to be known before this event can be told."""
        if stored.type not in CHANGES or stored.task_id is None:
            return None
        return stored.task_id if self._known.find(stored.task_id) is None else None

    def tell(self, stored: StoredEvent) -> Sequence[TaskStatusUpdate]:
        """The messages of an event; nothing if S4 does not know it, or nobody wants it."""
        if stored.task_id is None:
            return ()
        if stored.type == TaskCreatedEvent.name:
            self._known.learn(orjson.loads(stored.body)["task"])
            return ()
        known = self._known.find(stored.task_id)
        if known is None:
            return ()
        if stored.type == TaskProgress.name:
            known.progress = orjson.loads(stored.body)["progress"]
            return ()
        change = CHANGES.get(stored.type)
        return () if change is None else self._changed(stored, known, *change)

    def _changed(
        self, stored: StoredEvent, known: KnownTask, usually: TaskStatus, after: TaskStatus
    ) -> Sequence[TaskStatusUpdate]:
        before = _left(known, usually, after)
        known.status = after
        known.has_begun = known.has_begun or after is TaskStatus.RUNNING
        if after is TaskStatus.COMPLETED:
            known.progress = DONE
        if not self._subscriptions.want_task(Channel.TASK_STATUS, known.shown_id, str(stored.task_id)):
            return ()
        return (
            TaskStatusUpdate(
                task_id=known.shown_id,
                old_status=before,
                new_status=after,
                progress=known.progress,
                timestamp=orjson.loads(stored.body)["timestamp"],
            ),
        )


def _left(known: KnownTask, usually: TaskStatus, after: TaskStatus) -> TaskStatus:
    """The status before a change; a task that was looked up late has had it already."""
    if known.status is not after:
        return known.status
    ended_unbegun = after in (TaskStatus.FAILED, TaskStatus.CANCELLED) and not known.has_begun
    return TaskStatus.PENDING if ended_unbegun else usually
