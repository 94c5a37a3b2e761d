"""What models have been used for, by whom, in which session and on which day. Source: docs/usage.md."""

from __future__ import annotations

import enum
from dataclasses import field
from typing import Any, Final

from marshmallow import validate

from roocode_server.models.identifier import SessionId, UserId
from roocode_server.models.page import Pagination
from roocode_server.models.shape import Shape, described, limited, value

_DAY: Final[dict[str, Any]] = {
    "validate": validate.Regexp(
        r"\A\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])\Z", error="Not a day: YYYY-MM-DD."
    )
}


class UsageGroup(enum.StrEnum):
    """By what usage is summed up."""

    DAY = "day"
    USER = "user"
    SESSION = "session"
    MODEL = "model"


@value
class UsageReport(Shape):
    """A request for usage: of the caller, or of all users for an administrator."""

    group_by: list[UsageGroup] = field(
        default_factory=lambda: [UsageGroup.DAY],
        metadata=described("One row for each combination of these", **limited(shortest=1, longest=4)),
    )
    since: str | None = field(default=None, metadata=described("The first day, `YYYY-MM-DD` in UTC", **_DAY))
    until: str | None = field(default=None, metadata=described("The last day, `YYYY-MM-DD` in UTC", **_DAY))
    user_id: UserId | None = None
    session_id: SessionId | None = None
    provider: str | None = field(default=None, metadata=limited(shortest=1, longest=64))
    model: str | None = field(default=None, metadata=limited(shortest=1, longest=256))
    limit: int = field(default=100, metadata=limited(least=1, most=1000))
    offset: int = field(default=0, metadata=limited(least=0, most=1_000_000_000))


@value
class UsageSums(Shape):
    """Requests to models, their tokens, and their cost in US dollars; `tokensIn` includes those of caches."""

    requests: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    cache_reads: int = 0
    cache_writes: int = 0
    cost: float = 0.0
    unpriced_requests: int = field(
        default=0,
        metadata=described("Those of the requests whose model had no known price, and are not in `cost`"),
    )


@value
class UsageRow(UsageSums):
    """The usage of one combination of what was asked to be grouped by; other fields are left out."""

    day: str | None = None
    user_id: UserId | None = None
    session_id: SessionId | None = None
    provider: str | None = None
    model: str | None = None


@value
class UsagePage(Shape):
    """A page of usage, latest day first, and the sums of all pages."""

    data: list[UsageRow]
    total: UsageSums
    pagination: Pagination
