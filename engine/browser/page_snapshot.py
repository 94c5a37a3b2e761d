"""Page snapshots, and the errors of browsing."""

from __future__ import annotations

from dataclasses import dataclass

from roocode_server.models.error import ToolExecutionFailed


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSnapshot:
    """A page after an action. `image` is a `data:` URL of a JPEG, with one pixel for each CSS pixel."""

    image: str
    url: str
    title: str
    console: tuple[str, ...]
    """What pages have printed to the console since the last action."""
    mouse: tuple[int, int] | None


class BrowserFailure(Exception):
    """An action on the page failed; the message says why."""


class AddressForbidden(Exception):
    """The address may not be opened; the message says why."""


class BrowserUnavailable(ToolExecutionFailed):
    """This machine cannot run a browser as it is; the message says what to install."""
