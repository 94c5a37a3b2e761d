"""Splitting of files into chunks that the model can embed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from roocode_server.models.lines import lines_of

LARGEST_INDEXED_FILE_BYTES: Final = 500_000
CHUNK_CHARACTERS: Final = 900
CHUNK_LINES: Final = 40
CHUNK_LINE_CHARACTERS: Final = 400
MOST_CHUNKS: Final = 400
"""The most chunks of one file; the rest of it is not searched."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Lines `start` to `end` of a file, counted from 1, both included."""

    start: int
    end: int
    text: str


def chunks_of(content: bytes) -> list[Chunk]:
    """Split a text file into chunks; empty if it is not UTF-8 text or is too large."""
    if len(content) > LARGEST_INDEXED_FILE_BYTES or b"\0" in content:
        return []
    try:
        lines = lines_of(content.decode())
    except UnicodeDecodeError:
        return []
    return _pieces(lines)[:MOST_CHUNKS]


def _pieces(lines: Sequence[str]) -> list[Chunk]:
    """Split at blank lines where possible, so that related lines stay together."""
    pieces: list[Chunk] = []
    start, size = 0, 0
    for number, line in enumerate(lines):
        size += min(len(line), CHUNK_LINE_CHARACTERS) + 1
        is_gap = not line.strip() and size > CHUNK_CHARACTERS // 2
        if is_gap or size > CHUNK_CHARACTERS or number - start + 1 >= CHUNK_LINES:
            pieces.append(_chunk(lines, start, number))
            start, size = number + 1, 0
    if start < len(lines):
        pieces.append(_chunk(lines, start, len(lines) - 1))
    return [piece for piece in pieces if piece.text.strip()]


def _chunk(lines: Sequence[str], first: int, last: int) -> Chunk:
    text = "\n".join(line[:CHUNK_LINE_CHARACTERS] for line in lines[first : last + 1])
    return Chunk(first + 1, last + 1, text)
