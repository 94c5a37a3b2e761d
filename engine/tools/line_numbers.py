"""Line numbers before text, as shown to the model and as it may copy them: `12 | text`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

NUMBERED: Final = re.compile(r"\s*(\d{1,9}) +\|(?!\|) ?(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unnumbered:
    """Lines without their numbers; `first` is the number of the first line."""

    lines: tuple[str, ...]
    first: int


def with_numbers(lines: Sequence[str], *, first: int) -> list[str]:
    """Prefix each line with its right-aligned number: ` 9 | text`, `10 | text`."""
    width = len(str(first + len(lines) - 1))
    return [f"{number:>{width}} | {line}" for number, line in enumerate(lines, first)]


def without_numbers(lines: Sequence[str]) -> Unnumbered | None:
    """Remove the line numbers; None if a line has none, or there is no line."""
    found = [NUMBERED.fullmatch(line) for line in lines]
    matches = [match for match in found if match is not None]
    if not matches or len(matches) < len(found):
        return None
    return Unnumbered(lines=tuple(match[2] for match in matches), first=int(matches[0][1]))
