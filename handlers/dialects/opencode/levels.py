"""The levels of log entries, as S4 names them. Source: S4, "System Monitoring API"."""

from __future__ import annotations

import enum

from roocode_server.models.settings import LogLevel


class EntryLevel(enum.StrEnum):
    """The levels as S4 names them; `warning` is taken for `warn`."""

    DEBUG = "debug"
    INFO = "info"
    WARN = "warn"
    WARNING = "warning"
    ERROR = "error"

    @property
    def wire(self) -> str:
        """The level's one name in S4."""
        return EntryLevel.WARN if self is EntryLevel.WARNING else self

    @property
    def of_log(self) -> str:
        """The level's name in the log."""
        return LogLevel.WARNING.value if self.wire == EntryLevel.WARN else self.value
