"""What is counted for each caller, and what is left of it. Source: S0 and S4, "Rate Limiting"."""

from __future__ import annotations

import enum
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

WINDOW_S: Final = 60


class Limit(enum.StrEnum):
    """What is counted for each caller: calls of a class in a minute, and connections that are open.

    Source: S0, "Limits by Endpoint Type"; S4, "Rate Limiting".
    """

    AUTHENTICATION = "authentication"
    SESSION_MANAGEMENT = "session_management"
    TASK_CREATION = "task_creation"
    FILE_OPERATIONS = "file_operations"
    TOOL_EXECUTION = "tool_execution"
    CONNECTIONS = "connections"


OwnLimits = Mapping[str, int | None]
"""What a key has instead of the server's limits, by their names; None: no limit. The others hold for it."""

NO_LIMITS: Final[OwnLimits] = {limit.value: None for limit in Limit}


@dataclass(frozen=True, slots=True)
class Quota:
    """What a caller has of one class of calls.

    `resets_at`: when the window ends and there is all of `most` again, in seconds since 1970.
    """

    limit: Limit
    most: int
    remaining: int
    resets_at: float

    def retry_after_s(self, moment: float) -> int:
        """Whole seconds from a moment to the window's end, at least one."""
        return min(max(1, math.ceil(self.resets_at - moment)), WINDOW_S)

    def headers(self) -> dict[str, str]:
        """The headers of every REST answer of the class. Source: S0, "Rate Limit Headers"."""
        return {
            "X-RateLimit-Limit": str(self.most),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": str(math.ceil(self.resets_at)),
        }
