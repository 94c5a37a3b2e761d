"""How long a server asks its callers to wait. Source: RFC 9110, 10.2.3."""

from __future__ import annotations

import contextlib
import datetime
import email.utils

from roocode_server.models.clock import now


def retry_after_s(header: str | None) -> float | None:
    """Parse a `Retry-After` header to seconds: a number or a date. None if it is neither."""
    if not header:
        return None
    with contextlib.suppress(ValueError):
        seconds = float(header)
        return seconds if 0 <= seconds < float("inf") else None
    try:
        date = email.utils.parsedate_to_datetime(header)
    except ValueError:
        return None
    aware = date if date.tzinfo else date.replace(tzinfo=datetime.UTC)
    return max(0.0, (aware - now()).total_seconds())
