"""Indentation of a replacement to match the text that it replaces. Source: S2, `apply_diff`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher

from roocode_server.engine.tools.diff.document import TextLine


def reindented(
    replacement: Sequence[str], *, searched: Sequence[str], matched: Sequence[TextLine], ending: str
) -> list[TextLine]:
    """Return the replacement, indented for the place of the matched lines; new lines end with `ending`.

    Lines that are also in the search stay as the file has them. The others are indented as the file indents
    the lines that the search indents alike; if there is no such line, relative to the first line of the
    search.
    """
    texts = [line.text for line in matched]
    searched_base, matched_base = _bases(searched, texts)
    everywhere = _depths(searched, texts)
    lines: list[TextLine] = []
    changes = SequenceMatcher(None, searched, replacement, autojunk=False).get_opcodes()
    for kind, start, end, first, last in changes:
        if kind == "equal":
            kept = matched[start:end]
            lines += kept
            lines += [TextLine(text, ending) for text in replacement[first + len(kept) : last]]
            continue
        depths = everywhere | _depths(searched[start:end], texts[start:end])
        new = [_set_in(line, depths, searched_base, matched_base) for line in replacement[first:last]]
        lines += [TextLine(text, ending) for text in new]
    return lines


def _depths(searched: Sequence[str], matched: Sequence[str]) -> dict[str, str]:
    """Map each indentation in the search to the file's indentation of the same line."""
    return {_indentation(wanted): _indentation(found) for wanted, found in _pairs(searched, matched)}


def _pairs(searched: Sequence[str], matched: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Return pairs of non-blank lines, last first, so that in a dict the first of each kind wins."""
    pairs = list(zip(searched, matched, strict=False))
    return ((wanted, found) for wanted, found in reversed(pairs) if wanted.strip() and found.strip())


def _set_in(line: str, depths: Mapping[str, str], searched_base: str, matched_base: str) -> str:
    indentation = _indentation(line)
    if line.strip() and indentation in depths:
        return depths[indentation] + line[len(indentation) :]
    return line if searched_base == matched_base else _moved(line, searched_base, matched_base)


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
