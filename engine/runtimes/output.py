"""Command output: split into lines as it arrives, and kept up to a limit."""

from __future__ import annotations

import codecs
from collections import deque
from typing import Final

LONGEST_PIECE: Final = 8192
"""In characters. Longer lines are forwarded in pieces."""
MOST_SINGLE_LINES: Final = 64
"""Up to this many lines that arrive at once are forwarded one by one."""
MOST_TAIL_PIECES: Final = 64
"""The most pieces of a tail before they are joined."""


class Lines:
    """Decodes one stream into pieces of text; invalid UTF-8 is replaced, or kept as lone surrogates.

    A piece is a line, or part of one that is long or incomplete. If many lines arrive at once, a piece has
    several of them, so that the number of events does not grow with the number of lines.
    """

    def __init__(self, *, is_kept: bool = False) -> None:
        errors = "surrogateescape" if is_kept else "replace"
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors=errors)
        self._begun = ""

    @property
    def has_begun(self) -> bool:
        """Whether there is an incomplete line."""
        return bool(self._begun)

    def feed(self, chunk: bytes) -> list[str]:
        """Return the lines that `chunk` completes, each with its line break."""
        whole, line_break, self._begun = (self._begun + self._decoder.decode(chunk)).rpartition("\n")
        whole += line_break
        if whole.count("\n") > MOST_SINGLE_LINES:
            pieces = _together(whole)
        else:
            pieces = [piece for line in whole.split("\n")[:-1] for piece in _split(line + "\n")]
        *long, self._begun = _split(self._begun)
        return pieces + long

    def begun(self) -> list[str]:
        """Return the incomplete line now, so that later output of the other stream follows it."""
        begun, self._begun = self._begun, ""
        return [begun] if begun else []

    def end(self) -> list[str]:
        """Return what is left at the end of the stream."""
        self._begun += self._decoder.decode(b"", final=True)
        return self.begun()


def _split(line: str) -> list[str]:
    return [line[start : start + LONGEST_PIECE] for start in range(0, len(line), LONGEST_PIECE)] or [""]


def _together(lines: str) -> list[str]:
    """Join whole lines to pieces of at most `LONGEST_PIECE` characters."""
    pieces, start = [], 0
    while start < len(lines):
        end = lines.rfind("\n", start, start + LONGEST_PIECE) + 1 or start + LONGEST_PIECE
        pieces.append(lines[start:end])
        start = end
    return pieces


class Tail:
    """The end of a growing text: at least its last `kept` characters."""

    def __init__(self, kept: int) -> None:
        self._kept = kept
        self._pieces: deque[str] = deque()
        self.characters = 0
        """How many characters are held now; somewhat more than `kept` at most."""

    def add(self, text: str) -> None:
        """Append text."""
        self._pieces.append(text)
        self.characters += len(text)
        while self.characters - len(self._pieces[0]) >= self._kept:
            self.characters -= len(self._pieces.popleft())
        if len(self._pieces) > MOST_TAIL_PIECES:
            self.settle()

    def settle(self) -> None:
        """Join what is held, and hold no more than has to be kept."""
        self._pieces = deque([self.text])
        self.characters = len(self._pieces[0])

    @property
    def text(self) -> str:
        """The last `kept` characters."""
        return "".join(self._pieces)[-self._kept :]


class Transcript:
    """The output of both streams in order; if it is too long, its beginning and end.

    With `is_kept`, invalid UTF-8 is represented by lone surrogates; otherwise it was already replaced.
    """

    def __init__(self, max_bytes: int, *, is_kept: bool = False) -> None:
        self.printed_bytes = 0
        self._errors = "surrogateescape" if is_kept else "ignore"
        self._head = bytearray()
        self._tail = bytearray()
        self._head_bytes = max_bytes // 2
        self._tail_bytes = max_bytes - self._head_bytes

    def add(self, text: str) -> None:
        """Append text."""
        content = text.encode("utf-8", "surrogateescape")
        self.printed_bytes += len(content)
        room = self._head_bytes - len(self._head)
        self._head += content[:room]
        self._tail += content[room:]
        if len(self._tail) > 2 * self._tail_bytes:
            del self._tail[: len(self._tail) - self._tail_bytes]

    @property
    def is_truncated(self) -> bool:
        """Whether the middle is left out."""
        return self.printed_bytes > self._head_bytes + self._tail_bytes

    @property
    def text(self) -> str:
        """The output, with a note about what is left out."""
        return self.excerpt(self._head_bytes + self._tail_bytes)

    def excerpt(self, max_bytes: int) -> str:
        """Return the output as a transcript that keeps no more than `max_bytes` would have it."""
        most = min(max_bytes, self._head_bytes + self._tail_bytes)
        left_out = self.printed_bytes - most
        if left_out <= 0:
            return (self._head + self._tail).decode("utf-8", self._errors)
        first, last = most // 2, most - most // 2
        end = self._tail if len(self._tail) >= last else self._head + self._tail
        head = self._head[:first].decode("utf-8", self._errors)
        tail = end[len(end) - last :].decode("utf-8", self._errors)
        return f"{head}\n[… {left_out} bytes left out …]\n{tail}"
