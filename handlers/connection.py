"""The socket through which a call came, as handlers see it."""

from __future__ import annotations

from typing import Protocol

from roocode_server.models.event import LogReset
from roocode_server.models.identifier import SessionId
from roocode_server.models.user import Identity


class Connection(Protocol):
    """One client on one socket, in one namespace."""

    def follow(self, session_id: SessionId, *, after: int | None, reset: LogReset | None = None) -> None:
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
