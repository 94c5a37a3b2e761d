"""Parses the SEARCH/REPLACE blocks of a diff. Source: S2, `apply_diff`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

SEARCH: Final = "<<<<<<< SEARCH"
SEPARATOR: Final = "======="
REPLACE: Final = ">>>>>>> REPLACE"
DASHES: Final = "-------"
MOST_BLOCKS: Final = 100

_MARKER: Final = re.compile(r"(<<<<<<<|>>>>>>>).*|=======")
_HINT: Final = re.compile(r":(start_line|end_line):\s*(\d{1,9})")
_MISPLACED_HINT: Final = re.compile(r":(?:start|end)_line:\s*\d*")
_ESCAPED: Final = re.compile(r"\\+(?:<<<<<<<|=======|>>>>>>>|-------|:start_line:|:end_line:)")
_TO_ESCAPE: Final = re.compile(r"\\*(?:<<<<<<<|=======|>>>>>>>|-------|:start_line:|:end_line:)")

Lines = tuple[str, ...]


class MalformedDiff(Exception):
    """The diff cannot be parsed; the message names the line and what was expected there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One replacement.

    `number` is its position in the diff, `start_line` the author's hint; both count from 1.
    """

    number: int
    search: Lines
    replacement: Lines
    start_line: int | None = None


@dataclass(slots=True)
class _Reader:
    """The diff's lines, and the reading position."""

    lines: Sequence[str]
    position: int = field(default=0)

    def __iter__(self) -> Iterator[str]:
        while self.position < len(self.lines):
            self.position += 1
            yield self.lines[self.position - 1]

    def next_is(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Consume the next line if it matches, and return the match; else None."""
        if self.position >= len(self.lines):
            return None
        match = pattern.fullmatch(self.lines[self.position].rstrip())
        self.position += match is not None
        return match


def parse(diff: str) -> tuple[Block, ...]:
    """Parse the blocks of `diff`, in order, with escapes removed. Text between blocks is ignored.

    Raises: MalformedDiff, if markers are out of order, a marker within a block is not escaped, a block has no
    end, a search is empty, or the diff has no block or more than `MOST_BLOCKS`.
    """
    reader = _Reader([line.removesuffix("\r") for line in diff.split("\n")])
    blocks: list[Block] = []
    for line in reader:
        marker = _marker(line)
        if marker in (SEARCH, SEARCH + ">"):
            blocks.append(_block(reader, number=len(blocks) + 1))
        elif marker is not None:
            raise _misplaced(reader.position, marker, expected=SEARCH)
        if len(blocks) > MOST_BLOCKS:
            raise MalformedDiff(f"The diff has more than {MOST_BLOCKS} blocks. Send it in several calls.")
    if not blocks:
        raise MalformedDiff(f"The diff has no block: expected a line `{SEARCH}`. {_FORM}")
    return tuple(blocks)


def escaped(line: str) -> str:
    """Escape a line for use within a block."""
    return "\\" + line if _TO_ESCAPE.match(line) else line


def _block(reader: _Reader, *, number: int) -> Block:
    opened_at = reader.position
    start_line = _start_line(reader)
    search = _until(reader, SEPARATOR, opened_at)
    replacement = _until(reader, REPLACE, opened_at)
    if not any(line.strip() for line in search):
        raise MalformedDiff(
            f"Block {number} (line {opened_at}): the search is empty. Write the lines to replace; to insert, "
            "search for the line beside the place and repeat it in the replacement."
        )
    return Block(number=number, search=search, replacement=replacement, start_line=start_line)


def _start_line(reader: _Reader) -> int | None:
    """Parse the optional line number after the opening marker; also skips an end line and dashes."""
    start_line: int | None = None
    while hint := reader.next_is(_HINT):
        if hint[1] == "start_line":
            start_line = int(hint[2]) or None
    reader.next_is(re.compile(DASHES))
    return start_line


def _until(reader: _Reader, end: str, opened_at: int) -> Lines:
    """Return the lines up to the marker `end`, which is consumed."""
    content: list[str] = []
    for line in reader:
        marker = _marker(line)
        if marker == end:
            return tuple(content)
        if marker is not None:
            raise _misplaced(reader.position, marker, expected=end)
        if end == REPLACE and _MISPLACED_HINT.fullmatch(line.rstrip()):
            raise _misplaced(reader.position, line.rstrip(), expected=end)
        content.append(line[1:] if _ESCAPED.match(line) else line)
    raise MalformedDiff(f"The block opened on line {opened_at} has no end: expected `{end}`. {_FORM}")


def _marker(line: str) -> str | None:
    """Return the marker on this line, without trailing white space; None if it is not a marker."""
    stripped = line.rstrip()
    return stripped if _MARKER.fullmatch(stripped) else None


def _misplaced(line: int, marker: str, *, expected: str) -> MalformedDiff:
    return MalformedDiff(
        f"Line {line} of the diff: found `{marker}`, expected `{expected}`. If this line belongs to the "
        f"file's content, write a backslash before it: `\\{marker}`. {_FORM}"
    )


_FORM: Final = (
    f"A block is: `{SEARCH}`, optionally `:start_line:N` and `{DASHES}`, the lines to find, `{SEPARATOR}`, "
    f"the lines to put, `{REPLACE}`; each marker is a line of its own."
)
