"""What every event has; the classes of the events are in `roocode.events`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that has happened. An event of a type that this client does not know is of this class
    itself.
    """

    id: str
    type: str
    timestamp: datetime
    session_id: str | None = None
    """The session it happened in; None for events of the whole server."""
    seq: int | None = None
    """Its number within the session, without gaps; None for events that are only sent live."""
    task_id: str | None = None
    cursor: str | None = None
    """What to continue after where all sessions are followed; None elsewhere, and for events that are only
    sent live.
    """
    raw: Mapping[str, Any]
    """The event as it came."""
