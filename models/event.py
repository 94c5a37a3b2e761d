"""Declarations of events: one class per event, whose fields are the payload.

Source: S0, "WebSocket Events"; names beyond it follow its form (noun, past participle).
"""

from __future__ import annotations

import datetime
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, Literal, TypeVar

import orjson

from roocode_server.models.cleaning import encoded
from roocode_server.models.clock import format_time, milliseconds, now
from roocode_server.models.identifier import EventId, SessionId, TaskId, new_id
from roocode_server.models.shape import Shape, limited, value

AnyEvent = TypeVar("AnyEvent", bound="type[Event]")


@dataclass(frozen=True, slots=True)
class LogLine:
    """The log line for an event: its level, and the fields to log, as dotted wire names (`error.code`)."""

    level: Literal["info", "warning"] = "info"
    fields: tuple[str, ...] = ()


class Event(Shape):
    """Something that happened. Subclasses are decorated with `@event(name)` and `@value`."""

    __slots__ = ()

    name: ClassVar[str]
    durable: ClassVar[bool]
    namespace: ClassVar[str]
    in_session: ClassVar[bool]
    log: ClassVar[LogLine | None]


EVENTS: Final[dict[str, type[Event]]] = {}


def event(
    name: str,
    *,
    durable: bool = True,
    namespace: str | None = None,
    in_session: bool = True,
    log: LogLine | None = None,
) -> Callable[[AnyEvent], AnyEvent]:
    """Declare an event. A durable event is stored and numbered; an ephemeral one reaches only connected
    clients.

    Unless `namespace` is given, the Socket.IO namespace is derived from the event's noun (`task.started`:
    `/tasks`). An event that is not `in_session` is ephemeral, and sent as a `Broadcast`. With `log`, the
    event is also written to the server's log.
    """

    def declare(cls: AnyEvent) -> AnyEvent:
        cls.name = name
        cls.durable = durable
        cls.namespace = namespace or f"/{name.partition('.')[0]}s"
        cls.in_session = in_session
        cls.log = log
        EVENTS[name] = cls
        return cls

    return declare


@dataclass(slots=True, eq=False)
class StoredEvent:
    """An event in the log: `body` is its JSON, encoded once for all subscribers.

    `seq` counts 1, 2, 3 … within the session without holes; it is 0 for an ephemeral event. `position`
    ascends over all sessions. In `frames` a door caches the bytes that it has made of the body, by form.
    """

    seq: int
    type: str
    session_id: SessionId
    task_id: TaskId | None
    time_ms: int
    body: bytes
    position: int = 0
    frames: dict[str, bytes] = field(default_factory=dict)


EPOCH: Final = secrets.token_hex(4)
"""Identifies this process in the ids of the events that it stores: if a number is assigned again, after a log
was restored from a backup or lost its end, the id is different.
"""


def fields_of(happened: Event) -> bytes:
    """Encode an event's own fields as a JSON object. Raises: TypeError, if one of them has no JSON form."""
    return encoded(happened.dump())


class EventEnvelope:
    """Wraps events in their envelope, whose fields precede the event's own in one flat object.

    One instance serves all events of one moment.
    """

    __slots__ = ("_time_ms", "_timestamp")

    def __init__(self, moment: datetime.datetime) -> None:
        self._time_ms = milliseconds(moment)
        self._timestamp = format_time(moment)

    def __call__(
        self, name: str, fields: bytes, seq: int, session_id: SessionId, task_id: TaskId | None
    ) -> StoredEvent:
        """Return the event in its envelope.

        `fields` comes from `fields_of`; `seq` is 0 for an ephemeral event.
        """
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
        return StoredEvent(seq, name, session_id, task_id, self._time_ms, _enclosed(envelope, fields))


def _enclosed(envelope: dict[str, Any], fields: bytes) -> bytes:
    """One JSON object: the envelope's fields, then the event's own."""
    body = orjson.dumps(envelope)
    return body if fields == b"{}" else body[:-1] + b"," + fields[1:]


@dataclass(slots=True, eq=False)
class Broadcast:
    """An event that belongs to no session, with its JSON, encoded once for all who watch.

    In `frames` a door caches the bytes that it has made of the body, by form.
    """

    happened: Event
    body: bytes
    frames: dict[str, bytes] = field(default_factory=dict)

    @classmethod
    def of(cls, happened: Event) -> Broadcast:
        """Return the event in its envelope."""
        envelope = {"id": new_id("signal"), "type": happened.name, "timestamp": format_time(now())}
        return cls(happened, _enclosed(envelope, fields_of(happened)))


@event("log.reset", durable=False, namespace="/sessions")
@value
class LogReset(Event):
    """The cursor does not belong to this log: discard what is known of the session; the whole log follows.

    `first` is the seq of its first event that is still there; absent for the events of all sessions.
    """

    head: int
    first: int | None = None


@event("log.cut", durable=False, namespace="/sessions")
@value
class LogCut(Event):
    """The first events of the log have been removed; the first one that follows has the seq `first`."""

    head: int
    first: int


LogStart = LogReset | LogCut
"""What a follower is told before the events of a log."""


def notice(happened: LogStart, session_id: SessionId | None = None) -> dict[str, Any]:
    """Return the event in its envelope, for one client; without a session, for the events of all."""
    envelope = {"id": new_id("signal"), "type": happened.name, "timestamp": format_time(now())}
    of_session = {} if session_id is None else {"sessionId": session_id}
    return envelope | of_session | happened.dump()


@value
class BroadcastRecord(Shape):
    """The fields that events of no session have in addition to their own."""

    id: EventId
    type: str
    timestamp: datetime.datetime


@value
class EventRecord(Shape):
    """The fields that all events of sessions have in addition to their own.

    Source: DESIGN of this server (docs/events.md).
    """

    id: EventId
    type: str
    session_id: SessionId
    timestamp: datetime.datetime
    seq: int | None = None
    task_id: TaskId | None = None
    cursor: str | None = None


@value
class EventList(Shape):
    """A request for events with a seq above `after`, or after the event with the id `lastEventId`."""

    session_id: SessionId
    after: int = field(default=0, metadata=limited(least=0, most=9_007_199_254_740_991))
    last_event_id: EventId | None = field(default=None, metadata=limited(longest=200))
    limit: int = field(default=100, metadata=limited(least=1, most=1000))


@value
class EventCursor(Shape):
    """The end of a page of the log: continue with `nextAfter`; `head` is the last seq of the log.

    `first` is the seq of the first event that is still there. `lastEventId` is the id of the page's last
    event. `reset` means that the cursor did not belong to this log, or that events after it have been
    removed, and that the page starts with the first event.
    """

    limit: int
    has_more: bool
    next_after: int
    head: int
    first: int
    last_event_id: EventId | None = None
    reset: bool | None = None


@value
class EventPage(Shape):
    """A page of events as stored in the log, each with its own fields beside the envelope."""

    data: list[dict[str, Any]]
    pagination: EventCursor


@value
class EventSubscribe(Shape):
    """Follow a session on this socket; with `lastSeq` or `lastEventId`, everything after it is sent first."""

    session_id: SessionId
    last_seq: int | None = field(default=None, metadata=limited(least=0, most=9_007_199_254_740_991))
    last_event_id: EventId | None = field(default=None, metadata=limited(longest=200))


@value
class EventUnsubscribe(Shape):
    """Stop following a session on this socket."""

    session_id: SessionId


@value
class Subscription(Shape):
    """Whether this socket follows the session, and the last seq of its log at this moment, with its id.

    `reset` means that the cursor did not belong to this log, or that events after it have been removed, and
    that the whole log follows.
    """

    session_id: SessionId
    following: bool
    head: int
    last_event_id: EventId | None = None
    reset: bool | None = None
