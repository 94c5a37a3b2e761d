"""Where a connection works: S4 knows no sessions. Source: docs/opencode.md."""

from __future__ import annotations

from roocode_server.models.identifier import SessionId

AUTOMATION = "automation"
"""The purpose of the session in which a caller works who names none."""


class Place:
    """The session that the connection has named, or its caller's automation session once it is known."""

    def __init__(self, named: SessionId | None) -> None:
        self.is_named = named is not None
        self.session_id = named

    def forget(self) -> None:
        """The automation session is gone."""
        if not self.is_named:
            self.session_id = None
