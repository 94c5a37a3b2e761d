"""S4's log entries. Source: S4, "System Monitoring API" and "Real-time Update Messages"."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import field
from typing import Any, Final

from roocode_server.handlers.dialects.opencode.exchange import FINDING, Exchange
from roocode_server.handlers.dialects.opencode.levels import EntryLevel
from roocode_server.handlers.dialects.opencode.message import message
from roocode_server.handlers.dialects.opencode.refusals import Content
from roocode_server.handlers.dialects.opencode.wire import MessageShape
from roocode_server.models.clock import format_time, now
from roocode_server.models.error import NotFound
from roocode_server.models.shape import LONGEST_IDENTIFIER, limited, value

MOST_LOG_READS: Final = 20
"""The most parts of the log that one message reads."""
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
async def request_log_entries(exchange: Exchange, request: EntryListing) -> Content:
    """List entries of the server's log that the caller may see, newest first."""
    entries = await _entries(exchange, request)
    data = {
        "entries": [await told_entry(exchange, each) for each in entries],
        "total_count": len(entries),
        "filtered_count": len(entries),
        "timestamp": format_time(now()),
    }
    return {"type": "log_entries", "data": data}


async def told_entry(exchange: Exchange, entry: Mapping[str, Any]) -> Content:
    """An entry as S4 tells it; the agent is a task, or else the part of the server that wrote it."""
    task_id, session_id = entry.get("taskId"), entry.get("sessionId")
    agent = entry["logger"]
    if task_id is not None and session_id is not None:
        agent = await exchange.shown_task_id(session_id, task_id)
    return {
        "time": entry["time"],
        "level": EntryLevel(entry["level"]).wire,
        "message": entry["message"],
        "agent": agent,
        "details": entry["details"],
    }


async def _entries(exchange: Exchange, request: EntryListing) -> list[dict[str, Any]]:
    wanted = request.filter or EntryFilter()
    span = wanted.time_range or TimeSpan()
    task_id = None
    if wanted.agent is not None:
        task_id = await _task_of(exchange, wanted.agent)
        if task_id is None:
            return []
    selected = {
        "levels": None if wanted.level is None else [wanted.level.of_log],
        "taskId": task_id,
        "since": None if span.start is None else format_time(span.start),
        "until": None if span.end is None else format_time(span.end),
    }
    found: list[dict[str, Any]] = []
    cursor = None
    for _ in range(MOST_LOG_READS):
        most = min(ENTRIES_PER_PAGE, request.limit - len(found))
        page = await exchange.ask("log.list", limit=most, cursor=cursor, **selected)
        found += page["entries"]
        cursor = page.get("nextCursor")
        if cursor is None or len(found) >= request.limit:
            break
    return found


async def _task_of(exchange: Exchange, agent: str) -> str | None:
    """The server's id of a task of the connection's session."""
    try:
        found = await exchange.ask_there("task.get", taskId=agent)
    except NotFound:
        return None
    return None if found is None else str(found["task"]["id"])


LOG_MESSAGES: Final = (request_log_entries,)
