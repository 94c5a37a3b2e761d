"""The socket that a call came through, as the handlers see it."""

from __future__ import annotations

from typing import Protocol

from roocode_server.models.event import LogReset
from roocode_server.models.identifier import SessionId
from roocode_server.models.user import Identity


class Connection(Protocol):
    """One client on one socket (and one namespace)."""

    def follow(self, session_id: SessionId, *, after: int | None, reset: LogReset | None = None) -> None:
        """Send the session's events: `reset` where there is one, then those after `after`, then what comes.

        `after` is None for only what comes from now on.
        """
        ...

    def renew(self, identity: Identity) -> None:
        """Let the client act by this credential of theirs from now on."""
        ...

    def unfollow(self, session_id: SessionId) -> None:
        """Send no more events of this session."""
        ...
