"""Copies of sessions and tasks, which go on by themselves. docs/sessions.md."""

from __future__ import annotations

from dataclasses import field

from roocode_server.models.event import Event, LogLine, event
from roocode_server.models.idempotency import IDEMPOTENCY_KEY
from roocode_server.models.identifier import MessageId, SessionId, TaskId
from roocode_server.models.session import SessionCreated
from roocode_server.models.shape import Shape, described, limited, value


@value
class SessionFork(Shape):
    """A request to copy a session with everything in it."""

    session_id: SessionId
    name: str | None = field(
        default=None,
        metadata=described(
            "The name of the copy; that of the session unless given", **limited(shortest=1, longest=200)
        ),
    )
    idempotency_key: str | None = field(default=None, metadata=IDEMPOTENCY_KEY)


@value
class TaskFork(Shape):
    """A request to copy the session of a task, in which the task goes back to one of its messages."""

    session_id: SessionId
    task_id: TaskId
    message_id: MessageId = field(
        metadata=described(
            "The message that becomes the last one of the task in the copy", **limited(shortest=1, longest=64)
        )
    )
    files: bool = field(
        default=True,
        metadata=described("Restore the workspace, too, from the last checkpoint before the message"),
    )
    name: str | None = field(
        default=None,
        metadata=described(
            "The name of the copy; that of the session unless given", **limited(shortest=1, longest=200)
        ),
    )
    idempotency_key: str | None = field(default=None, metadata=IDEMPOTENCY_KEY)


@value
class TaskForked(SessionCreated):
    """The copied session, and the ids that the task and the message have there."""

    task_id: TaskId
    message_id: MessageId


@value
class SessionExport(Shape):
    """A request for a session with everything in it as an archive."""

    session_id: SessionId


@value
class SessionImport(Shape):
    """The parameters of an archive sent as raw bytes, of which a session is made."""

    name: str | None = field(
        default=None,
        metadata=described(
            "The name of the session; the one in the archive unless given",
            **limited(shortest=1, longest=200),
        ),
    )
    idempotency_key: str | None = field(default=None, metadata=IDEMPOTENCY_KEY)


@event("session.imported", log=LogLine(fields=("sourceSessionId",)))
@value
class SessionImported(Event):
    """The session was made of an archive: what the log has up to `sourceSeq` is what the archive says."""

    source_session_id: SessionId
    source_seq: int
    exported_at: str
    server_version: str


@event("session.forked", log=LogLine(fields=("sourceSessionId",)))
@value
class SessionForked(Event):
    """The session is a copy of another one: what the log has up to `sourceSeq` happened there."""

    source_session_id: SessionId
    source_seq: int
