"""Patterns of paths, as rules have them: they mean what they mean in `.gitignore`. Source: gitignore(5)."""

from __future__ import annotations

import functools
from typing import Final

from pathspec import GitIgnoreSpec

from engine.tools.ignoring import usable_patterns

BELOW: Final = "\uffff" * 40
"""Stands for whatever may be in a folder: no pattern names it."""


@functools.lru_cache(maxsize=4096)
def _spec(pattern: str) -> GitIgnoreSpec | None:
    usable = usable_patterns(pattern)
    spec = GitIgnoreSpec.from_lines(usable)
    return spec if any(each.include for each in spec.patterns) else None


def is_usable(pattern: str) -> bool:
    """Whether the pattern can match anything, and in reasonable time."""
    return _spec(pattern) is not None


def matches(pattern: str, path: str, *, is_folder: bool = False, otherwise: bool = False) -> bool:
    """Whether the pattern fits a path from the workspace's root, or what may be below it.

    `otherwise` is what is said of a pattern that cannot be used.
    """
    spec = _spec(pattern)
    if spec is None:
        return otherwise
    below = f"{path}/{BELOW}".lstrip("/")
    return (bool(path) and _fits(spec, path)) or (is_folder and spec.match_file(below))


def _fits(spec: GitIgnoreSpec, path: str) -> bool:
    return spec.match_file(path) or spec.match_file(f"{path}/")
