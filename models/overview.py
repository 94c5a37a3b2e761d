"""Following the events of all one's sessions on one socket. Source: docs/events.md."""

from __future__ import annotations

from dataclasses import field
from typing import Final

from marshmallow import ValidationError

from roocode_server.models.event import EVENTS
from roocode_server.models.session import SessionScope
from roocode_server.models.shape import Shape, described, limited, value
from roocode_server.models.webhook import ANY_EVENT, MOST_EVENT_PATTERNS, fits


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
    """Follow the sessions of a scope on this socket, those that do not exist yet included."""

    scope: SessionScope = SessionScope.ALL
    types: list[str] = field(default_factory=lambda: [ANY_EVENT], metadata=EVENT_TYPES)


@value
class EventUnfollow(Shape):
    """Follow no session any more, except those that were subscribed to one by one."""


@value
class Overview(Shape):
    """Whether this socket follows the sessions of a scope, and which of their events it gets."""

    following: bool
    scope: SessionScope | None = None
    types: list[str] = field(default_factory=list)
