"""The interface between storage and event log: events are written as part of each commit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncConnection

from roocode_server.models.event import Event, fields_of
from roocode_server.models.identifier import SessionId, TaskId


@dataclass(frozen=True, slots=True)
class PendingEvent:
    """An event without a number in its session's log yet; `fields` are the encoded fields of its own."""

    session_id: SessionId
    task_id: TaskId | None
    name: str
    fields: bytes

    @classmethod
    def of(cls, session_id: SessionId, task_id: TaskId | None, happened: Event) -> PendingEvent:
        """Encode an event.

        Raises: TypeError, if it cannot be encoded: here, where only its author's call fails.
        """
        return cls(session_id, task_id, happened.name, fields_of(happened))


class Journal(Protocol):
    """The event log as the database writer uses it."""

    def has_drafts(self) -> bool:
        """Return whether there are events to write."""
        ...

    def accept(self, drafts: list[PendingEvent]) -> None:
        """Take the events of a unit that succeeded; they are written with this commit."""
        ...

    async def write(self, connection: AsyncConnection) -> None:
        """Number all events and store them; the last step before the commit."""
        ...

    def committed(self) -> None:
        """Called after the commit: announce the events."""
        ...

    def failed(self, failure: Exception) -> None:
        """Called if the commit failed, as far as is known: discard the numbers that were assigned."""
        ...
