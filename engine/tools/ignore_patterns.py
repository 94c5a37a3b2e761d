"""Patterns as in `.gitignore`, matched in time linear in the pattern and the path.

Each `*` matches as little as possible and never backtracks: the text between two stars has a fixed length, so
an earlier match is never worse than a later one. Source: gitignore(5).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

MOST_IGNORE_PATTERNS: Final = 1000
LONGEST_IGNORE_PATTERN: Final = 4096
_ANY: Final = "[^/]"
_FOLDERS: Final = "(?:[^/]+/)*?"
_IN_CLASS: Final = re.compile(r"([\\\]\[^&~|-])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """One line: `head` matches the beginning of a path, and `tail` the rest, which has `parts` names.

    If `is_floating`, any folders may be between the two. `ignores` is false for a line with `!`.
    """

    head: re.Pattern[str]
    tail: re.Pattern[str]
    parts: int
    is_floating: bool
    folders_only: bool
    ignores: bool

    def fits(self, path: str, *, is_folder: bool) -> bool:
        """Whether the pattern matches exactly this path, not a folder above it."""
        begun = None if self.folders_only and not is_folder else self.head.match(path)
        if begun is None:
            return False
        start = _last_parts(path, self.parts) if self.is_floating else begun.end()
        return start >= begun.end() and self.tail.fullmatch(path, start) is not None

    def ends(self, path: str, *, is_folder: bool) -> Iterator[int]:
        """Yield where the path, or a folder above it, ends that the pattern matches."""
        begun = self.head.match(path)
        if begun is None:
            return
        for start in _starts(path, begun.end()) if self.is_floating else (begun.end(),):
            found = self.tail.match(path, start)
            if found is not None and (is_folder or not self.folders_only or found.end() < len(path)):
                yield found.end()


class Patterns:
    """The lines of one file; lines after the first `MOST_IGNORE_PATTERNS` have no effect."""

    def __init__(self, lines: Sequence[str]) -> None:
        found = map(pattern_of, lines[:MOST_IGNORE_PATTERNS])
        self._patterns = [each for each in found if each is not None]

    @classmethod
    def parse(cls, content: bytes) -> Patterns:
        """Parse the content of a file."""
        text = content.decode("utf-8", "surrogateescape").removeprefix("\ufeff")
        return cls(text.replace("\r\n", "\n").split("\n", MOST_IGNORE_PATTERNS)[:MOST_IGNORE_PATTERNS])

    def __len__(self) -> int:
        return len(self._patterns)

    def verdict(self, path: str, *, is_folder: bool) -> bool | None:
        """Return whether the last matching pattern ignores exactly this path; None if no pattern matches."""
        for pattern in reversed(self._patterns):
            if pattern.fits(path, is_folder=is_folder):
                return pattern.ignores
        return None

    def ignores(self, path: str, *, is_folder: bool) -> bool:
        """Whether the path or a folder above it is ignored."""
        last: dict[int, bool] = {}
        for pattern in self._patterns:
            last |= dict.fromkeys(pattern.ends(path, is_folder=is_folder), pattern.ignores)
        return any(last.values())


def pattern_of(line: str) -> Pattern | None:
    """Parse a line; None for a comment, a blank line, or a pattern that can match nothing."""
    text = _without_spaces(line)
    if not text or text.startswith("#") or len(text) > LONGEST_IGNORE_PATTERN:
        return None
    ignores = not text.startswith("!")
    text = text.removeprefix("!")
    folders_only = text.endswith("/")
    text = text.removesuffix("/")
    parts = text.removeprefix("/").split("/") if "/" in text else ["**", text]
    translated = [None if part == "**" else _segment(part) for part in parts]
    if any(each is None and part != "**" for each, part in zip(translated, parts, strict=True)):
        return None
    *middle, last = _runs(translated)
    tail = last or [f"{_ANY}+"]
    return Pattern(
        head=re.compile(_head(middle), re.DOTALL),
        tail=re.compile(f"{'/'.join(tail)}(?!{_ANY})", re.DOTALL),
        parts=len(tail),
        is_floating=bool(middle),
        folders_only=folders_only,
        ignores=ignores,
    )


def _runs(parts: Sequence[str | None]) -> list[list[str]]:
    """Split the parts at `**`."""
    runs: list[list[str]] = [[]]
    for part in parts:
        if part is None:
            runs.append([])
        else:
            runs[-1].append(part)
    return runs


def _head(runs: Sequence[Sequence[str]]) -> str:
    if not runs:
        return ""
    first, *later = ["/".join(run) for run in runs]
    return (f"{first}/" if first else "") + "".join(f"(?>{_FOLDERS}{run}/)" for run in later if run)


def _without_spaces(line: str) -> str:
    """Remove trailing blanks, except one that is escaped with a backslash."""
    text = line.rstrip(" ")
    kept = len(text) - len(text.rstrip("\\"))
    return text + " " if kept % 2 and len(text) < len(line) else text


def _starts(path: str, first: int) -> Iterator[int]:
    """Yield the start of each name in a path, beginning with `first`."""
    yield first
    while first := path.find("/", first) + 1:
        yield first


def _last_parts(path: str, count: int) -> int:
    """Return where the last `count` names of a path begin; -1 if it has fewer."""
    start = len(path) + 1
    for _ in range(count):
        if start <= 0:
            return -1
        start = path.rfind("/", 0, start - 1) + 1
    return start


def _segment(glob: str) -> str | None:
    """Translate one part of a path to a regular expression; None if it can match nothing."""
    pieces = _pieces(glob)
    if pieces is None:
        return None
    first, *later = pieces
    if not later:
        return first
    *middle, last = later
    between = "".join(f"(?>{_ANY}*?{piece})" for piece in middle if piece)
    return f"(?>{first}{between}{_ANY}*{last}(?!{_ANY}))"


def _pieces(glob: str) -> list[str] | None:
    """Translate the text between the stars, each piece of a fixed length; None if it can match nothing."""
    pieces, position = [""], 0
    while position < len(glob):
        sign = glob[position]
        position += 1
        if sign == "*":
            pieces.append("")
        elif sign == "?":
            pieces[-1] += _ANY
        elif sign == "[":
            found = _class(glob, position)
            if found is None:
                return None
            expression, position = found
            pieces[-1] += expression
        elif sign == "\\":
            if position == len(glob):
                return None
            pieces[-1] += re.escape(glob[position])
            position += 1
        else:
            pieces[-1] += re.escape(sign)
    return pieces if glob else None


def _class(glob: str, position: int) -> tuple[str, int] | None:
    """Translate the bracket expression open at `position`; also its end. None if it is not closed."""
    is_negated = glob[position : position + 1] in ("!", "^")
    position += is_negated
    begin, members = position, list[tuple[str, str]]()
    while position < len(glob):
        if glob[position] == "]" and position > begin:
            return _one_of(members, is_negated=is_negated), position + 1
        if glob.startswith("[:", position):
            return None  # POSIX character classes are not supported
        low, position = _member(glob, position)
        high = low
        if glob[position : position + 1] == "-" and glob[position + 1 : position + 2] not in ("", "]"):
            high, position = _member(glob, position + 1)
        members.append((low, high))
    return None


def _member(glob: str, position: int) -> tuple[str, int]:
    if glob[position] == "\\" and position + 1 < len(glob):
        position += 1
    return glob[position], position + 1


def _one_of(members: Sequence[tuple[str, str]], *, is_negated: bool) -> str:
    # git takes a range that runs backwards as its first character.
    ranges = [f"{_escaped(low)}-{_escaped(high if low <= high else low)}" for low, high in members]
    return f"(?!/)[{'^' if is_negated else ''}{''.join(ranges)}]"


def _escaped(sign: str) -> str:
    return _IN_CLASS.sub(r"\\\1", sign)
