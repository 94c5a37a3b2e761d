"""Events: the second declaration. A class per event; its fields are the payload.

Source: S0, "WebSocket Events"; the names beyond it follow its form (noun, past participle).
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar, Final, TypeVar

import orjson

from models.clock import format_time, milliseconds
from models.identifier import EventId, SessionId, TaskId, new_id
from models.shape import Shape, value

AnyEvent = TypeVar("AnyEvent", bound="type[Event]")


class Event(Shape):
    """Something that happened in a session. Subclasses are decorated with `@event(name)` and `@value`."""

    __slots__ = ()

    name: ClassVar[str]
    durable: ClassVar[bool]


EVENTS: Final[dict[str, type[Event]]] = {}


def event(name: str, *, durable: bool = True) -> Callable[[AnyEvent], AnyEvent]:
    """Declare an event. A durable one is stored and numbered; another one is seen only by who is there."""

    def declare(cls: AnyEvent) -> AnyEvent:
        cls.name = name
        cls.durable = durable
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


class Seal:
    """Gives events their place and encodes them: their own fields, flat, with the envelope beside them.

    One seal serves all events of a moment.
    """

    __slots__ = ("_time_ms", "_timestamp")

    def __init__(self, moment: datetime.datetime) -> None:
        self._time_ms = milliseconds(moment)
        self._timestamp = format_time(moment)

    def __call__(
        self, happened: Event, seq: int, session_id: SessionId, task_id: TaskId | None
    ) -> StoredEvent:
        content = happened.dump()
        content["id"] = f"{session_id}.{seq}" if seq else new_id("signal")
        content["type"] = happened.name
        content["sessionId"] = session_id
        if seq:
            content["seq"] = seq
        if task_id is not None:
            content["taskId"] = task_id
        content["timestamp"] = self._timestamp
        return StoredEvent(seq, happened.name, session_id, task_id, self._time_ms, orjson.dumps(content))


@value
class EventRecord(Shape):
    """The fields that every event bears beside its own. Source: DESIGN of this server (docs/events.md)."""

    id: EventId
    type: str
    session_id: SessionId
    timestamp: datetime.datetime
    seq: int | None = None
    task_id: TaskId | None = None
