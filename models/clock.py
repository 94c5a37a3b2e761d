"""Time as the wire writes it. Source: S0 (`2024-01-15T10:30:00Z`); RFC 3339."""

from __future__ import annotations

import datetime

UTC = datetime.UTC


def now() -> datetime.datetime:
    """This moment, aware, in UTC, cut to milliseconds so that it survives the wire unchanged."""
    moment = datetime.datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def format_time(moment: datetime.datetime) -> str:
    """`2024-01-15T10:30:00.000Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def parse_time(text: str) -> datetime.datetime:
    """The time that `text` names; without an offset it is UTC.

    Raises: ValueError, if it is no ISO 8601 time; OverflowError, if its offset leads out of the calendar.
    """
    moment = datetime.datetime.fromisoformat(text)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def milliseconds(moment: datetime.datetime) -> int:
    """Milliseconds since 1970."""
    return round(moment.timestamp() * 1000)


def from_milliseconds(count: int) -> datetime.datetime:
    """The moment `count` milliseconds after the start of 1970."""
    return datetime.datetime.fromtimestamp(count / 1000, UTC)
