"""The settings under `limits`: how much each caller may use. Source: S0 and S4, "Rate Limiting"."""

from __future__ import annotations

from dataclasses import field
from typing import Final

from roocode_server.models.quota import Limit
from roocode_server.models.shape import Shape, limited, value

LARGEST_LIMIT: Final = 1_000_000
_A_NUMBER: Final = limited(least=1, most=LARGEST_LIMIT)


@value
class LimitSettings(Shape):
    """How much each caller may use; null turns a limit off. docs/limits.md describes each."""

    authentication: int | None = field(default=5, metadata=_A_NUMBER)
    session_management: int | None = field(default=50, metadata=_A_NUMBER)
    task_creation: int | None = field(default=5, metadata=_A_NUMBER)
    file_operations: int | None = field(default=100, metadata=_A_NUMBER)
    tool_execution: int | None = field(default=20, metadata=_A_NUMBER)
    process_kills: int | None = field(default=5, metadata=_A_NUMBER)
    messages: int | None = field(default=100, metadata=_A_NUMBER)
    message_tasks: int | None = field(default=10, metadata=_A_NUMBER)
    connections: int | None = field(default=100, metadata=_A_NUMBER)
    all_connections: int | None = field(default=10_000, metadata=_A_NUMBER)
    sessions: int | None = field(default=1000, metadata=_A_NUMBER)
    tasks: int | None = field(default=100, metadata=_A_NUMBER)

    def of(self, limit: Limit) -> int | None:
        """Return the value of a limit; None if it is turned off."""
        number: int | None = getattr(self, limit)
        return number
