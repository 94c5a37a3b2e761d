"""What the storage asks of the event log: to write its events as part of each commit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncConnection

from roocode_server.models.event import Event, fields_of
from roocode_server.models.identifier import SessionId, TaskId


@dataclass(frozen=True, slots=True)
class PendingEvent:
    """An event that has no place in its session's log yet: `fields` are its own, encoded."""

    session_id: SessionId
    task_id: TaskId | None
    name: str
    fields: bytes

    @classmethod
    def of(cls, session_id: SessionId, task_id: TaskId | None, happened: Event) -> PendingEvent:
        """Raises: TypeError, if the event cannot be encoded: here, where it fails nobody but its author."""
        return cls(session_id, task_id, happened.name, fields_of(happened))


class Journal(Protocol):
    """The event log, as the writer of the database sees it."""

    def has_drafts(self) -> bool:
        """Whether there is something to write."""
        ...

    def accept(self, drafts: list[PendingEvent]) -> None:
        """Take the events of a unit that succeeded; they are written with this commit."""
        ...

    async def write(self, connection: AsyncConnection) -> None:
        """Number all drafts and store them, as the last step before the commit."""
        ...

    def committed(self) -> None:
        """The commit is on disk: tell everybody."""
        ...

    def failed(self, failure: Exception) -> None:
        """The commit did not happen, as far as is known: forget what was numbered."""
        ...
