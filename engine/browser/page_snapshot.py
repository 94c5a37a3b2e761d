"""What is seen of a page, and what keeps one from being seen."""

from __future__ import annotations

from dataclasses import dataclass

from roocode_server.models.error import ToolExecutionFailed


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSnapshot:
    """What is seen after an action; `image` is a `data:` URL of a JPEG, one pixel for each CSS pixel."""

    image: str
    url: str
    title: str
    console: tuple[str, ...]
    """What pages printed since the last action."""
    mouse: tuple[int, int] | None


class BrowserFailure(Exception):
    """The page could not do it; the message says why."""


class AddressForbidden(Exception):
    """A page that may not be opened; the message says why."""


class BrowserUnavailable(ToolExecutionFailed):
    """Nothing can be browsed on this machine as it is; the message says what to install."""
