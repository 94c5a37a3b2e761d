"""S4's log entries. Source: S4, "System Monitoring API" and "Real-time Update Messages"."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import field
from typing import Any, Final

from roocode_server.handlers.dialects.opencode.answers import EntryPage, ListedEntries, TypedEntry
from roocode_server.handlers.dialects.opencode.exchange import FINDING, Exchange
from roocode_server.handlers.dialects.opencode.levels import EntryLevel
from roocode_server.handlers.dialects.opencode.message import message
from roocode_server.handlers.dialects.opencode.typed_answer import Content
from roocode_server.handlers.dialects.opencode.wire import MessageShape
from roocode_server.models.clock import format_time, now
from roocode_server.models.error import NotFound
from roocode_server.models.shape import LONGEST_IDENTIFIER, limited, value

MOST_LOG_READS: Final = 20
"""The most parts of the log that one message reads for each of its two counts."""
ENTRIES_PER_PAGE: Final = 1000


@value
class TimeSpan(MessageShape):
    """From `start` on, before `end`."""

    start: datetime.datetime | None = None
    end: datetime.datetime | None = None


@value
class EntryFilter(MessageShape):
    """Which entries; `agent` is the id of a task."""

    level: EntryLevel | None = None
    agent: str | None = field(default=None, metadata=limited(shortest=1, longest=LONGEST_IDENTIFIER))
    time_range: TimeSpan | None = None


@value
class EntryListing(MessageShape):
    """Which entries, and how many at most."""

    limit: int = field(default=50, metadata=limited(least=1, most=1000))
    filter: EntryFilter | None = None


@message("request_log_entries", *FINDING, "log.list", "task.get")
async def request_log_entries(exchange: Exchange, request: EntryListing) -> ListedEntries:
    """List entries of the server's log that the caller may see, newest first.

    `filtered_count` counts all that the filter selects, `total_count` all that there are, as far as
    `MOST_LOG_READS` parts of the log go.
    """
    selected = await _selected(exchange, request.filter or EntryFilter())
    entries, filtered = ([], 0) if selected is None else await _entries(exchange, selected, request.limit)
    total = filtered
    if selected is None or any(selected.values()):
        _, total = await _entries(exchange, {}, 0)
    page = EntryPage(
        entries=[await told_entry(exchange, each) for each in entries],
        total_count=max(total, filtered),  # some may have been written between the two counts
        filtered_count=filtered,
        timestamp=format_time(now()),
    )
    return ListedEntries(data=page)


async def told_entry(exchange: Exchange, entry: Mapping[str, Any]) -> TypedEntry:
    """An entry as S4 tells it; the agent is a task, or else the part of the server that wrote it."""
    task_id, session_id = entry.get("taskId"), entry.get("sessionId")
    agent = entry["logger"]
    if task_id is not None and session_id is not None:
        agent = await exchange.shown_task_id(session_id, task_id)
    return TypedEntry(
        time=entry["time"],
        level=EntryLevel(entry["level"]).wire,
        message=entry["message"],
        agent=agent,
        details=entry["details"],
    )


async def _selected(exchange: Exchange, wanted: EntryFilter) -> Content | None:
    """The filter of `log.list`; None if it names a task that there is not."""
    span = wanted.time_range or TimeSpan()
    task_id = None
    if wanted.agent is not None:
        task_id = await _task_of(exchange, wanted.agent)
        if task_id is None:
            return None
    return {
        "levels": None if wanted.level is None else [wanted.level.of_log],
        "taskId": task_id,
        "since": None if span.start is None else format_time(span.start),
        "until": None if span.end is None else format_time(span.end),
    }


async def _entries(exchange: Exchange, selected: Content, most: int) -> tuple[list[dict[str, Any]], int]:
    """The newest of the selected entries, at most so many, and the number of all that are found."""
    found: list[dict[str, Any]] = []
    count, cursor = 0, None
    for _ in range(MOST_LOG_READS):
        page = await exchange.ask("log.list", limit=ENTRIES_PER_PAGE, cursor=cursor, **selected)
        found += page["entries"][: most - len(found)]
        count += len(page["entries"])
        cursor = page.get("nextCursor")
        if cursor is None:
            break
    return found, count


async def _task_of(exchange: Exchange, agent: str) -> str | None:
    """The server's id of a task of the connection's session."""
    try:
        found = await exchange.ask_there("task.get", taskId=agent)
    except NotFound:
        return None
    return None if found is None else str(found["task"]["id"])


LOG_MESSAGES: Final = (request_log_entries,)
