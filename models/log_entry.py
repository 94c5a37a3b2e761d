"""Entries of the server's log, as callers read them. Source: S4, `log_entries`."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import field
from typing import Any, Final

from roocode_server.models.event import Event, event
from roocode_server.models.identifier import SessionId, TaskId
from roocode_server.models.settings import LogLevel
from roocode_server.models.shape import Shape, limited, value

LOG_LEVELS: Final[Sequence[LogLevel]] = tuple(LogLevel)
"""From the least to the most severe."""


@value
class LogEntry(Shape):
    """One entry. `details` has its other facts, as short texts, numbers and lists of them."""

    time: datetime.datetime
    level: LogLevel
    message: str
    logger: str
    session_id: SessionId | None = None
    task_id: TaskId | None = None
    request_id: str | None = None
    details: dict[str, Any] = field(default_factory=dict)


@value
class LogFilter(Shape):
    """Which entries: of one of `levels`, at least as severe as `minLevel`, of a session or task, with a text.

    `text` is looked for in the message, in small or capital letters.
    """

    levels: list[LogLevel] | None = field(default=None, metadata=limited(shortest=1, longest=4))
    min_level: LogLevel | None = None
    session_id: SessionId | None = None
    task_id: TaskId | None = None
    text: str | None = field(default=None, metadata=limited(shortest=1, longest=200))

    def selects(self, entry: LogEntry) -> bool:
        """Whether the entry is one of those."""
        return (
            (self.levels is None or entry.level in self.levels)
            and (self.min_level is None or LOG_LEVELS.index(entry.level) >= LOG_LEVELS.index(self.min_level))
            and self.session_id in (None, entry.session_id)
            and self.task_id in (None, entry.task_id)
            and (self.text is None or self.text.casefold() in entry.message.casefold())
        )


@value
class LogList(LogFilter):
    """A request for entries, newest first: from `since` on, before `until`, and before `cursor`."""

    since: datetime.datetime | None = None
    until: datetime.datetime | None = None
    cursor: str | None = field(default=None, metadata=limited(longest=50))
    limit: int = field(default=100, metadata=limited(least=1, most=1000))


@value
class LogPage(Shape):
    """Entries, newest first. With `nextCursor` there may be older ones, also if `entries` is empty."""

    entries: list[LogEntry]
    next_cursor: str | None = None
    timestamp: datetime.datetime


@event("log.written", durable=False, namespace="/monitoring", in_session=False)
@value
class LogWritten(Event):
    """An entry has been added to the server's log. Only sent to sockets that watch `logs`."""

    entry: LogEntry
