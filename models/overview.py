"""Following the events of all one's sessions on one socket. Source: docs/events.md."""

from __future__ import annotations

from dataclasses import field
from typing import Any, Final

from marshmallow import ValidationError

from roocode_server.models.event import EVENTS
from roocode_server.models.session import SessionScope
from roocode_server.models.shape import Shape, described, limited, value
from roocode_server.models.webhook import ANY_EVENT, MOST_EVENT_PATTERNS, fits

LONGEST_CURSOR: Final = 64


def _check_names(patterns: list[str]) -> None:
    """Raises: marshmallow.ValidationError, for a pattern that matches no event."""
    for pattern in patterns:
        if not any(fits(pattern, name) for name in EVENTS):
            raise ValidationError(f"No event matches {pattern[:100]}; docs/events.md lists them.")


EVENT_TYPES: Final = described(
    "Names of events, groups of them (`task.*`), or all (`*`)",
    validate=[limited(shortest=1, longest=MOST_EVENT_PATTERNS)["validate"], _check_names],
)


@value
class EventFollow(Shape):
    """Follow the sessions of a scope on this socket, those that do not exist yet included.

    With `cursor`, which each event has, everything after it is sent first.
    """

    scope: SessionScope = SessionScope.ALL
    types: list[str] = field(default_factory=lambda: [ANY_EVENT], metadata=EVENT_TYPES)
    cursor: str | None = field(default=None, metadata=limited(longest=LONGEST_CURSOR))


@value
class EventUnfollow(Shape):
    """Follow no session any more, except those that were subscribed to one by one."""


@value
class Overview(Shape):
    """Whether this socket follows the sessions of a scope, which of their events, and after which cursor.

    `reset` means that the cursor was none of this server's, and that everything follows.
    """

    following: bool
    scope: SessionScope | None = None
    types: list[str] = field(default_factory=list)
    cursor: str | None = None
    reset: bool | None = None


@value
class TimelineRead(Shape):
    """A request for events of all sessions of a scope, after a cursor or from the first."""

    scope: SessionScope = SessionScope.ALL
    after: str = field(default="0", metadata=limited(longest=LONGEST_CURSOR))
    limit: int = field(default=100, metadata=limited(least=1, most=1000))


@value
class TimelineCursor(Shape):
    """The end of a page of the events of all sessions: continue with `nextAfter`.

    `reset` means that the cursor was none of this server's, and that the page starts with the first event.
    """

    limit: int
    has_more: bool = field(metadata=described("Whether to continue now; a page may be empty all the same"))
    next_after: str
    reset: bool | None = None


@value
class TimelineSlice(Shape):
    """A page of the events of all sessions, each with its `cursor`."""

    data: list[dict[str, Any]]
    pagination: TimelineCursor
