"""What the storage asks of the event log: to write its events as part of each commit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncConnection

from models.event import Event
from models.identifier import SessionId, TaskId


@dataclass(frozen=True, slots=True)
class Draft:
    """An event that has no place in its session's log yet."""

    session_id: SessionId
    task_id: TaskId | None
    event: Event


class Journal(Protocol):
    """The event log, as the writer of the database sees it."""

    def has_drafts(self) -> bool:
        """Whether there is something to write."""
        ...

    def accept(self, drafts: list[Draft]) -> None:
        """Take the events of a unit that succeeded; they are written with this commit."""
        ...

    async def write(self, connection: AsyncConnection) -> None:
        """Number all drafts and store them, as the last step before the commit."""
        ...

    def committed(self) -> None:
        """The commit is on disk: tell everybody."""
        ...

    def failed(self, failure: Exception) -> None:
        """The commit did not happen: forget what was numbered."""
        ...
