"""Checkpoints: states of a workspace that can be compared and restored. Source: S2; docs/checkpoints.md."""

from __future__ import annotations

import datetime
from dataclasses import field

from marshmallow import validate

from roocode_server.models.event import Event, event
from roocode_server.models.identifier import SessionId, TaskId
from roocode_server.models.page import Pagination
from roocode_server.models.shape import Shape, described, limited, value

_ID = {"validate": validate.Regexp(r"\A[0-9a-f]{40}\Z", error="Not the id of a checkpoint.")}


@value
class Checkpoint(Shape):
    """The files of a workspace at one moment; `id` is the commit in the session's shadow repository."""

    id: str
    reason: str
    created_at: datetime.datetime
    task_id: TaskId | None = None


@value
class CheckpointList(Shape):
    """A request for a session's checkpoints."""

    session_id: SessionId
    limit: int = field(default=50, metadata=limited(least=1, most=500))
    offset: int = field(default=0, metadata=limited(least=0, most=1_000_000_000))


@value
class CheckpointPage(Shape):
    """A page of checkpoints, newest first."""

    data: list[Checkpoint]
    pagination: Pagination


@value
class CheckpointCreate(Shape):
    """A request to save the workspace."""

    session_id: SessionId
    reason: str = field(default="on request", metadata=limited(shortest=1, longest=500))


@value
class CheckpointCreated(Shape):
    """The new checkpoint; `checkpoint` is left out if nothing has changed since the last one."""

    checkpoint: Checkpoint | None = None


@value
class CheckpointCompare(Shape):
    """A comparison of two checkpoints; without `to`, of a checkpoint and the present workspace."""

    session_id: SessionId
    checkpoint_id: str = field(metadata=_ID)
    to: str | None = field(default=None, metadata=_ID)


@value
class ChangedFile(Shape):
    """A changed file. `kind` is created, modified or deleted; line counts are left out for binary files."""

    path: str
    kind: str
    added: int | None = None
    removed: int | None = None
    is_generated: bool = field(
        default=False,
        metadata=described(
            "In a comparison: whether `.gitignore` files of the workspace exclude it, or it is what tools "
            "leave behind, as `__pycache__`"
        ),
    )


@value
class CheckpointDifference(Shape):
    """The files that differ, and the unified diff, both truncated if they are long.

    `totalFiles` counts the files that are not named, too.
    """

    files: list[ChangedFile]
    total_files: int
    diff: str
    is_truncated: bool


@value
class CheckpointRef(Shape):
    """A reference to a checkpoint."""

    session_id: SessionId
    checkpoint_id: str = field(metadata=_ID)


@value
class CheckpointRestored(Shape):
    """What a restoration changed; `savedAs` is the checkpoint of the workspace just before it."""

    files: list[ChangedFile]
    saved_as: Checkpoint | None = None


@event("checkpoint.saved")
@value
class CheckpointSaved(Event):
    """The workspace has been saved. Source: S2, `checkpoint_saved`."""

    checkpoint: Checkpoint


@event("checkpoint.restored")
@value
class CheckpointRestoredEvent(Event):
    """The workspace has been restored to a checkpoint."""

    checkpoint_id: str
    files: list[ChangedFile]
