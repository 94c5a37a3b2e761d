"""A replacement set in as deep as the text that it replaces. Source: S2, `apply_diff`."""

from __future__ import annotations

from collections.abc import Sequence


def reindented(replacement: Sequence[str], *, searched: Sequence[str], matched: Sequence[str]) -> list[str]:
    """The replacement moved from the search's indentation to that of the matched text.

    The first line of the search that is not blank says how far; where both are set in alike, nothing moves.
    """
    searched_base, matched_base = _bases(searched, matched)
    if searched_base == matched_base:
        return list(replacement)
    return [_moved(line, searched_base, matched_base) for line in replacement]


def _bases(searched: Sequence[str], matched: Sequence[str]) -> tuple[str, str]:
    for wanted, found in zip(searched, matched, strict=False):
        if wanted.strip() and found.strip():
            return _indentation(wanted), _indentation(found)
    return "", ""


def _moved(line: str, searched_base: str, matched_base: str) -> str:
    indentation = _indentation(line)
    text = line[len(indentation) :]
    if not text:
        return line
    levels_out = len(searched_base) - len(indentation)
    if levels_out > 0:
        return matched_base[: max(0, len(matched_base) - levels_out)] + text
    return matched_base + indentation[len(searched_base) :] + text


def _indentation(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]
