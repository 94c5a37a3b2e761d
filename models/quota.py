"""What is counted for each caller, and how much of it is left. Source: S0 and S4, "Rate Limiting"."""

from __future__ import annotations

import enum
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

WINDOW_S: Final = 60


class Limit(enum.StrEnum):
    """What is counted: calls of a class per minute and open connections of each caller, and messages per
    minute of each connection at `/ws`. `message_tasks` takes the place of `task_creation` there.

    Source: S0, "Limits by Endpoint Type"; S4, "Rate Limiting".
    """

    AUTHENTICATION = "authentication"
    SESSION_MANAGEMENT = "session_management"
    TASK_CREATION = "task_creation"
    FILE_OPERATIONS = "file_operations"
    TOOL_EXECUTION = "tool_execution"
    PROCESS_KILLS = "process_kills"
    MESSAGES = "messages"
    MESSAGE_TASKS = "message_tasks"
    CONNECTIONS = "connections"


OwnLimits = Mapping[str, int | None]
"""A key's own limits by name, None for unlimited; the server's apply for those not named."""

NO_LIMITS: Final[OwnLimits] = {limit.value: None for limit in Limit}


@dataclass(frozen=True, slots=True)
class Quota:
    """A caller's quota for one class of calls.

    `resets_at` is when the window ends and all of `most` is available again, in seconds since 1970.
    """

    limit: Limit
    most: int
    remaining: int
    resets_at: float

    def retry_after_s(self, moment: float) -> int:
        """Return the whole seconds from a moment to the window's end, at least one."""
        return min(max(1, math.ceil(self.resets_at - moment)), WINDOW_S)

    def headers(self) -> dict[str, str]:
        """Return the headers for REST answers of the class. Source: S0, "Rate Limit Headers"."""
        return {
            "X-RateLimit-Limit": str(self.most),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": str(math.ceil(self.resets_at)),
        }
