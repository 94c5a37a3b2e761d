"""Events as Server-Sent Events over plain HTTP. Source: WHATWG HTML, 9.2; docs/events.md."""

from __future__ import annotations

from dataclasses import field
from typing import Final

from roocode_server.models.event import EventSubscribe
from roocode_server.models.overview import EVENT_TYPES, LONGEST_CURSOR
from roocode_server.models.session import SessionScope
from roocode_server.models.shape import Shape, limited, value
from roocode_server.models.webhook import ANY_EVENT

EVENT_STREAM: Final = "text/event-stream"


@value
class EventStreamOpen(EventSubscribe):
    """Follow a session; with `lastSeq` or `lastEventId`, everything after it is sent first."""

    types: list[str] = field(default_factory=lambda: [ANY_EVENT], metadata=EVENT_TYPES)


@value
class EventTail(Shape):
    """Follow all sessions of a scope; with `lastEventId`, the cursor, everything after it is sent first."""

    scope: SessionScope = SessionScope.ALL
    last_event_id: str | None = field(default=None, metadata=limited(longest=LONGEST_CURSOR))
    types: list[str] = field(default_factory=lambda: [ANY_EVENT], metadata=EVENT_TYPES)


@value
class EventStreamClosed(Shape):
    """The stream has ended, or its client is gone."""
