"""Rewinds: a task goes back to one of its messages. Source: S2's users, who go back to a checkpoint there;
docs/checkpoints.md.
"""

from __future__ import annotations

import enum
from dataclasses import field

from roocode_server.models.checkpoint import ChangedFile
from roocode_server.models.event import Event, event
from roocode_server.models.identifier import MessageId, SessionId, TaskId
from roocode_server.models.shape import Shape, described, limited, value
from roocode_server.models.task import Task


class RewindStep(enum.StrEnum):
    """What happens to a task once its files are restored: it is rewound, or its rewind is undone."""

    REWIND = "rewind"
    UNDO = "undo"


@value
class TaskRewind(Shape):
    """A request to go back to a message of a task that is not at work."""

    session_id: SessionId
    task_id: TaskId
    message_id: MessageId = field(
        metadata=described(
            "The message that becomes the last one of the task", **limited(shortest=1, longest=64)
        )
    )
    files: bool = field(
        default=True,
        metadata=described("Restore the workspace, too, from the last checkpoint before the message"),
    )


@value
class RewindAnswer(Shape):
    """The task as it is now, and the files that changed."""

    task: Task
    files: list[ChangedFile] = field(default_factory=list)


@event("task.rewound", namespace="/tasks")
@value
class TaskRewound(Event):
    """The message is the last one of the task now: those after it are taken back.

    The task waits to be resumed, or for a message.
    """

    message_id: MessageId


@event("task.reinstated", namespace="/tasks")
@value
class TaskReinstated(Event):
    """The last rewind of the task is undone: its messages are back, and its status is what it was."""

    message_id: MessageId
    task: Task
