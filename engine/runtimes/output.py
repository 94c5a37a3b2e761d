"""What a command prints: cut into lines as it comes, and kept within a bound."""

from __future__ import annotations

import codecs
from typing import Final

LONGEST_PIECE: Final = 8192
"""Characters. A line that is longer is handed on in pieces."""


class Lines:
    """The bytes of one stream as text, in pieces that are at most a line each; bad UTF-8 is replaced."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._begun = ""

    def feed(self, chunk: bytes) -> list[str]:
        """The lines that `chunk` completes, each with its line break."""
        *whole, self._begun = (self._begun + self._decoder.decode(chunk)).split("\n")
        pieces = [piece for line in whole for piece in _split(line + "\n")]
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


class Transcript:
    """What was printed on both streams in order: head and tail of it, where it is too long."""

    def __init__(self, max_bytes: int) -> None:
        self.printed_bytes = 0
        self._head = bytearray()
        self._tail = bytearray()
        self._head_bytes = max_bytes // 2
        self._tail_bytes = max_bytes - self._head_bytes

    def add(self, text: str) -> None:
        content = text.encode()
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
            return (self._head + self._tail).decode()
        head = self._head.decode(errors="ignore")
        tail = self._tail[-self._tail_bytes :].decode(errors="ignore")
        left_out = self.printed_bytes - self._head_bytes - self._tail_bytes
        return f"{head}\n[… {left_out} bytes left out …]\n{tail}"
