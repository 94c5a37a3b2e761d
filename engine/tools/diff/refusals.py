"""Explanations why a block was not applied, which its author can act on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from roocode_server.engine.tools.diff.matching import REACH_LINES, Ambiguous, Missed
from roocode_server.engine.tools.line_numbers import with_numbers

NEAREST_LINES: Final = 40
SHOWN_PLACES: Final = 8


def missed(miss: Missed, texts: Sequence[str], *, threshold: float, already: int | None) -> str:
    """Explain a miss; `already` is the index where the block's replacement already occurs."""
    parts = [_measured(miss, texts, threshold)]
    if already is not None:
        parts.append(
            f"Its replacement is already at line {already + 1}: this change seems to have been made already."
        )
    if miss.elsewhere:
        parts.append(f"The text to find is at {_lines(miss.elsewhere)}: correct `:start_line:`.")
    parts.append(_nearest(miss, texts))
    return "\n".join(part for part in parts if part)


def ambiguous(found: Ambiguous) -> str:
    """Explain that several places match."""
    return (
        f"The text to find is at {_lines(found.starts)}. Say which one with `:start_line:N`, or search "
        "for more of the lines around it."
    )


def same() -> str:
    """Explain that search and replacement are equal."""
    return "The search equals the replacement, so nothing would change."


def same_without_numbers() -> str:
    """Explain that they are equal without their line numbers."""
    return "Without their line numbers the search equals the replacement, so nothing would change."


def _measured(miss: Missed, texts: Sequence[str], threshold: float) -> str:
    if not texts:
        return "The text to find is not there: the file is empty. Use write_to_file."
    if not miss.looked:
        return (
            f"The hint is beyond the file, which has {len(texts)} lines. Correct or leave out `:start_line:`."
        )
    reach = f" ({REACH_LINES} around the hint)" if len(miss.looked) < len(texts) else ""
    if not miss.is_compared:
        return "The text to find is not there, and is too long to compare. Search for fewer lines."
    return (
        f"The text to find is not there. Best similarity {_percent(miss.score)}, needed "
        f"{_percent(threshold)}, searched lines {miss.looked.start + 1}-{miss.looked.stop}{reach}."
    )


def _percent(share: float) -> str:
    """Rounded down, so that anything less than equal never reads as 100%."""
    return f"{int(share * 100)}%"


def _nearest(miss: Missed, texts: Sequence[str]) -> str:
    if not miss.looked or not miss.is_compared:
        return ""
    if miss.nearest is None:
        return "Nothing similar was found there. Read the file (read_file) and copy the text to find from it."
    lines = texts[miss.nearest : miss.nearest + miss.count]
    shown = with_numbers(lines, first=miss.nearest + 1)[:NEAREST_LINES]
    if len(lines) > NEAREST_LINES:
        shown.append(f"… ({len(lines) - NEAREST_LINES} more lines)")
    return "Nearest text, to copy from (without the numbers):\n" + "\n".join(shown)


def _lines(starts: Sequence[int]) -> str:
    numbers = [str(start + 1) for start in starts[:SHOWN_PLACES]]
    more = f" and {len(starts) - SHOWN_PLACES} more" if len(starts) > SHOWN_PLACES else ""
    return f"line{'s' if len(starts) > 1 else ''} {', '.join(numbers)}{more}"
