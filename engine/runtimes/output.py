"""What a command prints: cut into lines as it comes, and kept within a bound."""

from __future__ import annotations

import codecs
from collections import deque
from typing import Final

LONGEST_PIECE: Final = 8192
"""Characters. A line that is longer is handed on in pieces."""
TOLD_ALONE: Final = 64
"""Lines that come at once and are handed on one by one."""
MOST_PIECES: Final = 64
"""Of a tail, before they are put together."""


class Lines:
    """The bytes of one stream as text, in pieces; bad UTF-8 is replaced, or kept as lone surrogates.

    A piece is a line, or a part of one that is long or has no end yet. Of many lines that come at once a
    piece is several, so that what is told of them does not grow with their number.
    """

    def __init__(self, *, is_kept: bool = False) -> None:
        errors = "surrogateescape" if is_kept else "replace"
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors=errors)
        self._begun = ""

    @property
    def has_begun(self) -> bool:
        """Whether there is a line that has no end yet."""
        return bool(self._begun)

    def feed(self, chunk: bytes) -> list[str]:
        """The lines that `chunk` completes, each with its line break."""
        whole, line_break, self._begun = (self._begun + self._decoder.decode(chunk)).rpartition("\n")
        whole += line_break
        if whole.count("\n") > TOLD_ALONE:
            pieces = _together(whole)
        else:
            pieces = [piece for line in whole.split("\n")[:-1] for piece in _split(line + "\n")]
        *long, self._begun = _split(self._begun)
        return pieces + long

    def begun(self) -> list[str]:
        """The line that has no end yet, so that what another stream prints now comes after it."""
        begun, self._begun = self._begun, ""
        return [begun] if begun else []

    def end(self) -> list[str]:
        """What is left at the end of the stream."""
        self._begun += self._decoder.decode(b"", final=True)
        return self.begun()


def _split(line: str) -> list[str]:
    return [line[start : start + LONGEST_PIECE] for start in range(0, len(line), LONGEST_PIECE)] or [""]


def _together(lines: str) -> list[str]:
    """Whole lines, as many of them in a piece as it may have characters."""
    pieces, start = [], 0
    while start < len(lines):
        end = lines.rfind("\n", start, start + LONGEST_PIECE) + 1 or start + LONGEST_PIECE
        pieces.append(lines[start:end])
        start = end
    return pieces


class Tail:
    """The end of a text that goes on: at least the last `kept` characters of it."""

    def __init__(self, kept: int) -> None:
        self._kept = kept
        self._pieces: deque[str] = deque()
        self.characters = 0
        """How many are kept now, some more than `kept` at most."""

    def add(self, text: str) -> None:
        self._pieces.append(text)
        self.characters += len(text)
        while self.characters - len(self._pieces[0]) >= self._kept:
            self.characters -= len(self._pieces.popleft())
        if len(self._pieces) > MOST_PIECES:
            self._pieces = deque(["".join(self._pieces)])

    def settle(self) -> None:
        """Nothing more comes: keep what there is in one piece."""
        self._pieces = deque([self.text])
        self.characters = len(self._pieces[0])

    @property
    def text(self) -> str:
        """The last `kept` characters."""
        return "".join(self._pieces)[-self._kept :]


class Transcript:
    """What was printed on both streams in order: head and tail of it, where it is too long.

    `is_kept`: what is no UTF-8 comes as lone surrogates, and goes as such.
    """

    def __init__(self, max_bytes: int, *, is_kept: bool = False) -> None:
        self.printed_bytes = 0
        self._errors = "surrogateescape" if is_kept else "ignore"
        self._head = bytearray()
        self._tail = bytearray()
        self._head_bytes = max_bytes // 2
        self._tail_bytes = max_bytes - self._head_bytes

    def add(self, text: str) -> None:
        content = text.encode("utf-8", "surrogateescape")
        self.printed_bytes += len(content)
        room = self._head_bytes - len(self._head)
        self._head += content[:room]
        self._tail += content[room:]
        if len(self._tail) > 2 * self._tail_bytes:
            del self._tail[: -self._tail_bytes]

    @property
    def is_truncated(self) -> bool:
        return self.printed_bytes > self._head_bytes + self._tail_bytes

    @property
    def text(self) -> str:
        if not self.is_truncated:
            return (self._head + self._tail).decode("utf-8", self._errors)
        head = self._head.decode("utf-8", self._errors)
        tail = self._tail[-self._tail_bytes :].decode("utf-8", self._errors)
        left_out = self.printed_bytes - self._head_bytes - self._tail_bytes
        return f"{head}\n[… {left_out} bytes left out …]\n{tail}"
