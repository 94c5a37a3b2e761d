"""Whether and how much a model is asked to think. Source: Anthropic, "Extended thinking" and "Effort"."""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from typing import Final, Literal

LEAST_BUDGET: Final = 1024
"""The smallest thinking budget that the protocol accepts, in tokens."""
LEFT_TO_SAY: Final = 1024
"""The tokens of an answer that are reserved for what follows the thinking."""
ANTHROPIC_BUDGETS: Final[Mapping[str, int]] = {"low": 4096, "medium": 12_288, "high": 32_000}
"""The thinking budget in tokens, by effort."""
EFFORTS: Final[Mapping[str, Literal["low", "medium", "high"]]] = {
    "low": "low",
    "medium": "medium",
    "high": "high",
}

_FIRST_ADAPTIVE: Final = (4, 6)
_FIRST_THINKING: Final = (3, 7)
_NEW_NAME: Final = re.compile(r"claude-[a-z]+-(\d{1,2})(?:[-.](\d{1,2}))?(?!\d)")
_OLD_NAME: Final = re.compile(r"claude-(\d)(?:[-.](\d))?-")


class Thinking(enum.Enum):
    """How a model is asked to think."""

    NEVER = enum.auto()
    BUDGET = enum.auto()
    """With a budget in tokens; every answer since the last user message must then have its thinking
    blocks.
    """
    ADAPTIVE = enum.auto()
    """The model decides how much; the effort is passed by name."""


def thinking_of(model: str) -> Thinking:
    """Return what a model supports, judged by its name; other vendors' models are assumed to support
    budgets.
    """
    name = model.rpartition("/")[2].lower()
    if not name.startswith("claude-"):
        return Thinking.BUDGET
    found = _OLD_NAME.match(name) or _NEW_NAME.match(name)
    if found is None:
        return Thinking.ADAPTIVE
    version = (int(found[1]), int(found[2] or 0))
    if version >= _FIRST_ADAPTIVE:
        return Thinking.ADAPTIVE
    return Thinking.BUDGET if version >= _FIRST_THINKING else Thinking.NEVER


def budget_of(effort: str, max_tokens: int) -> int | None:
    """Return the thinking budget for an answer of `max_tokens`; None if there is no room to think."""
    budget = min(ANTHROPIC_BUDGETS[effort], max_tokens - LEFT_TO_SAY)
    return budget if budget >= LEAST_BUDGET else None
