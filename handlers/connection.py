"""The socket through which a call came, as handlers see it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from roocode_server.models.event import Broadcast, LogStart
from roocode_server.models.identifier import SessionId
from roocode_server.models.session import SessionScope
from roocode_server.models.user import Caller, Identity, Permission

WatchSource = Callable[[Caller, Callable[[Broadcast], object]], Callable[[], None]]
"""Delivers what this caller may see of something to a function, until the returned function is called."""


class Connection(Protocol):
    """One client on one socket, in one namespace."""

    def follow(self, session_id: SessionId, *, after: int | None, reset: LogStart | None = None) -> None:
        """Send the session's events: `reset` if given, those after `after`, then new ones as they happen.

        If `after` is None, only new events are sent.
        """
        ...

    def renew(self, identity: Identity) -> None:
        """Use this credential for the client from now on. It belongs to the same user."""
        ...

    def unfollow(self, session_id: SessionId) -> None:
        """Stop sending events of this session."""
        ...


class WatchingConnection(Protocol):
    """A client on a socket that carries events of no session too."""

    @property
    def watched(self) -> list[str]:
        """The subjects that the client watches, in the order in which it began."""
        ...

    def watch(self, subject: str, permission: Permission, source: WatchSource) -> None:
        """Send what the source delivers as long as the client's caller has the permission.

        It replaces what was watched under this subject. After a renewal, the source is asked again, for the
        renewed caller.
        """
        ...

    def unwatch(self, subject: str) -> None:
        """Send nothing more of this subject."""
        ...


class OverviewConnection(Connection, Protocol):
    """A connection that can follow all sessions of its caller at once."""

    def follow_all(
        self, scope: SessionScope, types: Sequence[str], *, after: int, reset: LogStart | None = None
    ) -> None:
        """Send `reset` if given, then those events of the caller's sessions after a position that fit one of
        the patterns.

        A session that is followed by itself is sent as before. A second call replaces the first.
        """
        ...

    def unfollow_all(self) -> None:
        """Send only the sessions that are followed by themselves."""
        ...
