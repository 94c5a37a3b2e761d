"""Whether and how much a Gemini model is asked to think. Source: Gemini API, "Thinking"."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from google.genai.types import ThinkingConfig

GEMINI_BUDGETS: Final[Mapping[str, int]] = {"low": 1024, "medium": 8192, "high": 24_576}
"""The thinking budget in tokens for models of version 2.5, by effort; later models take the effort's name."""

_VERSION: Final = re.compile(r"gemini-(\d+)(?:\.(\d+))?")
_LATEST: Final = (3, 0)


def version_of(model: str) -> tuple[int, int]:
    """Return a model's version from its name; names without one stand for the latest."""
    found = _VERSION.match(model.rpartition("/")[2].lower())
    return (int(found[1]), int(found[2] or 0)) if found else _LATEST


def thinking_of(model: str, effort: str | None) -> ThinkingConfig | None:
    """Return the thinking configuration: thoughts are always included; None for models before 2.5."""
    from google.genai.types import ThinkingConfig, ThinkingLevel

    version = version_of(model)
    if version < (2, 5):
        return None
    if effort is None:
        return ThinkingConfig(include_thoughts=True)
    if version < _LATEST:
        return ThinkingConfig(include_thoughts=True, thinking_budget=GEMINI_BUDGETS[effort])
    return ThinkingConfig(include_thoughts=True, thinking_level=ThinkingLevel(effort.upper()))
