"""Whether and how much a Gemini model is asked to think. Source: Gemini API, "Thinking"."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from google.genai.types import ThinkingConfig

BUDGETS: Final[Mapping[str, int]] = {"low": 1024, "medium": 8192, "high": 24_576}
"""How many tokens the models of version 2.5 may think, by effort; later ones are told the effort itself."""

_VERSION: Final = re.compile(r"gemini-(\d+)(?:\.(\d+))?")
_LATEST: Final = (3, 0)


def version_of(model: str) -> tuple[int, int]:
    """A model's version by its name; names without one stand for the latest."""
    found = _VERSION.match(model.rpartition("/")[2].lower())
    return (int(found[1]), int(found[2] or 0)) if found else _LATEST


def thinking_of(model: str, effort: str | None) -> ThinkingConfig | None:
    """What is asked for: always to see the thoughts, and how much of them by `effort`; None for the old."""
    from google.genai.types import ThinkingConfig, ThinkingLevel

    version = version_of(model)
    if version < (2, 5):
        return None
    if effort is None:
        return ThinkingConfig(include_thoughts=True)
    if version < _LATEST:
        return ThinkingConfig(include_thoughts=True, thinking_budget=BUDGETS[effort])
    return ThinkingConfig(include_thoughts=True, thinking_level=ThinkingLevel(effort.upper()))
