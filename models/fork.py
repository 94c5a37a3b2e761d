"""Copies of sessions and tasks, which go on by themselves. docs/sessions.md."""

from __future__ import annotations

from dataclasses import field

from roocode_server.models.event import Event, LogLine, event
from roocode_server.models.idempotency import IDEMPOTENCY_KEY
from roocode_server.models.identifier import SessionId
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


@event("session.forked", log=LogLine(fields=("sourceSessionId",)))
@value
class SessionForked(Event):
    """The session is a copy of another one: what the log has up to `sourceSeq` happened there."""

    source_session_id: SessionId
    source_seq: int
