"""Times as on the wire. Source: S0 (`2024-01-15T10:30:00Z`); RFC 3339."""

from __future__ import annotations

import datetime

UTC = datetime.UTC


def now() -> datetime.datetime:
    """Return the present time, aware, in UTC, truncated to milliseconds so that the wire preserves it."""
    moment = datetime.datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def format_time(moment: datetime.datetime) -> str:
    """Format a time as `2024-01-15T10:30:00.000Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def parse_time(text: str) -> datetime.datetime:
    """Parse a time; without an offset it is UTC.

    Raises: ValueError, if it is not an ISO 8601 time; OverflowError, if its offset exceeds the calendar's
    range.
    """
    moment = datetime.datetime.fromisoformat(text)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def milliseconds(moment: datetime.datetime) -> int:
    """Return milliseconds since 1970."""
    return round(moment.timestamp() * 1000)


def from_milliseconds(count: int) -> datetime.datetime:
    """Return the time `count` milliseconds after the start of 1970."""
    return datetime.datetime.fromtimestamp(count / 1000, UTC)
