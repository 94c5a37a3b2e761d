"""What a budget may be, for a task and as a default for all tasks."""

from __future__ import annotations

from typing import Any, Final

from roocode_server.models.shape import limited

COST_BUDGET: Final[dict[str, Any]] = limited(least=0.000001, most=1_000_000)
"""US dollars."""
TOKEN_BUDGET: Final[dict[str, Any]] = limited(least=1, most=1_000_000_000_000)
REQUEST_BUDGET: Final[dict[str, Any]] = limited(least=1, most=1_000_000_000)
DURATION_BUDGET: Final[dict[str, Any]] = limited(least=0.001, most=31_536_000)
"""Seconds."""
