"""Events: the second declaration. A class per event; its fields are the payload.

Source: S0, "WebSocket Events"; the names beyond it follow its form (noun, past participle).
"""

from __future__ import annotations

import datetime
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, Literal, TypeVar

import orjson

from roocode_server.models.cleaning import encoded
from roocode_server.models.clock import format_time, milliseconds
from roocode_server.models.identifier import EventId, SessionId, TaskId, new_id
from roocode_server.models.shape import Shape, limited, value

AnyEvent = TypeVar("AnyEvent", bound="type[Event]")


@dataclass(frozen=True, slots=True)
class LogLine:
    """How the server's log tells of an event: at `info` or `warning`, with these of its fields.

    Fields are wire names, dotted where they lie deeper (`error.code`).
    """

    level: Literal["info", "warning"] = "info"
    fields: tuple[str, ...] = ()


class Event(Shape):
    """Something that happened in a session. Subclasses are decorated with `@event(name)` and `@value`."""

    __slots__ = ()

    name: ClassVar[str]
    durable: ClassVar[bool]
    namespace: ClassVar[str]
    log: ClassVar[LogLine | None]


EVENTS: Final[dict[str, type[Event]]] = {}


def event(
    name: str, *, durable: bool = True, namespace: str | None = None, log: LogLine | None = None
) -> Callable[[AnyEvent], AnyEvent]:
    """Declare an event. A durable one is stored and numbered; another one is seen only by who is there.

    Its Socket.IO namespace is that of its noun (`task.started`: `/tasks`) where none is given. With `log`,
    the server's log has a line for it, for those who operate the server.
    """

    def declare(cls: AnyEvent) -> AnyEvent:
        cls.name = name
        cls.durable = durable
        cls.namespace = namespace or f"/{name.partition('.')[0]}s"
        cls.log = log
        EVENTS[name] = cls
        return cls

    return declare


@dataclass(slots=True, eq=False)
class StoredEvent:
    """An event as it stands in the log: `body` is its JSON, encoded once for everybody.

    `seq` counts 1, 2, 3 … within the session without holes; it is 0 for an ephemeral event.
    `frames` is where a door keeps the bytes that it made of the body, one entry for each form.
    """

    seq: int
    type: str
    session_id: SessionId
    task_id: TaskId | None
    time_ms: int
    body: bytes
    frames: dict[str, bytes] = field(default_factory=dict)


EPOCH: Final = secrets.token_hex(4)
"""Of this process, in the ids of all events that it stores: a number that is given again, after a log was
restored from a backup or lost its end, makes another id."""


def fields_of(happened: Event) -> bytes:
    """An event's own fields as a JSON object. Raises: TypeError, if one of them has no form in JSON."""
    return encoded(happened.dump())


class EventEnvelope:
    """Gives events their place: the envelope before their own fields, all of it flat.

    One seal serves all events of a moment.
    """

    __slots__ = ("_time_ms", "_timestamp")

    def __init__(self, moment: datetime.datetime) -> None:
        self._time_ms = milliseconds(moment)
        self._timestamp = format_time(moment)

    def __call__(
        self, name: str, fields: bytes, seq: int, session_id: SessionId, task_id: TaskId | None
    ) -> StoredEvent:
        """`fields` is what `fields_of` gave; `seq` is 0 for an ephemeral event."""
        envelope: dict[str, Any] = {
            "id": f"{session_id}.{seq}.{EPOCH}" if seq else new_id("signal"),
            "type": name,
            "sessionId": session_id,
            "timestamp": self._timestamp,
        }
        if seq:
            envelope["seq"] = seq
        if task_id is not None:
            envelope["taskId"] = task_id
        body = orjson.dumps(envelope)
        if fields != b"{}":
            body = body[:-1] + b"," + fields[1:]
        return StoredEvent(seq, name, session_id, task_id, self._time_ms, body)


@event("log.reset", durable=False, namespace="/sessions")
@value
class LogReset(Event):
    """The cursor is none of this log: forget what was told of the session, all of it follows."""

    head: int


@value
class EventRecord(Shape):
    """The fields that every event bears beside its own. Source: DESIGN of this server (docs/events.md)."""

    id: EventId
    type: str
    session_id: SessionId
    timestamp: datetime.datetime
    seq: int | None = None
    task_id: TaskId | None = None


@value
class EventList(Shape):
    """Read the log from a cursor on: events with a seq above `after`, or after the one with `lastEventId`."""

    session_id: SessionId
    after: int = field(default=0, metadata=limited(least=0, most=9_007_199_254_740_991))
    last_event_id: EventId | None = field(default=None, metadata=limited(longest=200))
    limit: int = field(default=100, metadata=limited(least=1, most=1000))


@value
class EventCursor(Shape):
    """Where a page of the log ends: go on with `nextAfter`; `head` is the last seq there is.

    `lastEventId` is the id of the page's last event. `reset` says that the cursor was none of this log: the
    page begins with the log's first event.
    """

    limit: int
    has_more: bool
    next_after: int
    head: int
    last_event_id: EventId | None = None
    reset: bool | None = None


@value
class EventPage(Shape):
    """Events as they stand in the log, each with its own fields beside the envelope."""

    data: list[dict[str, Any]]
    pagination: EventCursor


@value
class EventSubscribe(Shape):
    """Follow a session on this socket; with `lastSeq` or `lastEventId` everything after it comes first."""

    session_id: SessionId
    last_seq: int | None = field(default=None, metadata=limited(least=0, most=9_007_199_254_740_991))
    last_event_id: EventId | None = field(default=None, metadata=limited(longest=200))


@value
class EventUnsubscribe(Shape):
    session_id: SessionId


@value
class Subscription(Shape):
    """Whether this socket follows the session, and the last seq of its log at this moment, with its id.

    `reset` says that the cursor was none of this log, and that all of the log follows.
    """

    session_id: SessionId
    following: bool
    head: int
    last_event_id: EventId | None = None
    reset: bool | None = None
