"""Path patterns of rules, with the semantics of `.gitignore`. Source: gitignore(5)."""

from __future__ import annotations

import functools
from typing import Final

from roocode_server.engine.tools.ignore_patterns import Patterns, pattern_of

BELOW: Final = "\uffff" * 40
"""Stands for any file in a folder: no pattern names it literally."""


@functools.lru_cache(maxsize=4096)
def _patterns(pattern: str) -> Patterns | None:
    lines = pattern.split("\n")
    found = map(pattern_of, lines)
    return Patterns(lines) if any(each.ignores for each in found if each is not None) else None


def is_usable(pattern: str) -> bool:
    """Whether the pattern can match anything."""
    return _patterns(pattern) is not None


def matches(pattern: str, path: str, *, is_folder: bool = False, otherwise: bool = False) -> bool:
    """Whether the pattern matches a path relative to the workspace or, for a folder, something below it.

    `otherwise` is returned for a pattern that cannot be used.
    """
    patterns = _patterns(pattern)
    if patterns is None:
        return otherwise
    below = f"{path}/{BELOW}".lstrip("/")
    return (bool(path) and _fits(patterns, path)) or (is_folder and patterns.ignores(below, is_folder=False))


def _fits(patterns: Patterns, path: str) -> bool:
    return patterns.ignores(path, is_folder=False) or patterns.ignores(path, is_folder=True)
