"""Parses the report that the script around a command appends to its stderr."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_LINE: Final = re.compile(rb"(\d+) (\d+) (\d+) (\d+) (\d+)\n")
_TIMES: Final = re.compile(rb"(\d+)m([\d.]+)s")
_OWN_TIMES: Final = 2
"""The first two times are the script's own; the next two are those of its children."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """How a command ended; see supervise.sh."""

    code: int
    has_left: bool
    """Whether some of its processes could not be killed."""
    memory_kills: int
    peak_memory_bytes: int
    cpu_s: float


class Reported:
    """A stream that ends with a report, introduced by a random string that nothing else prints."""

    def __init__(self, introduction: bytes) -> None:
        self._introduction = introduction
        self._held = b""
        self._has_begun = False

    def feed(self, chunk: bytes) -> bytes:
        """Add a piece of the stream, and return the output that is certainly not part of the report."""
        self._held += chunk
        if self._has_begun:
            return b""
        printed, found, rest = self._held.partition(self._introduction)
        if found:
            self._has_begun = True
            self._held = rest
            return printed
        kept = self._beginning()
        printed, self._held = self._held[: len(self._held) - kept], self._held[len(self._held) - kept :]
        return printed

    def end(self) -> tuple[bytes, Report | None]:
        """Return the rest of the output, and the report if it is complete."""
        if not self._has_begun:
            return self._held, None
        line = _LINE.match(self._held)
        if line is None:
            return b"", None
        code, left, before, after, peak = (int(word) for word in line.groups())
        times = _TIMES.findall(self._held, line.end())[_OWN_TIMES:]
        report = Report(
            code=code,
            has_left=left != 0,
            memory_kills=after - before,
            peak_memory_bytes=peak,
            cpu_s=sum(60 * int(minutes) + float(seconds) for minutes, seconds in times),
        )
        return b"", report

    def _beginning(self) -> int:
        """Return how many bytes at the end may be the beginning of the introduction."""
        longest = min(len(self._held), len(self._introduction) - 1)
        return next(
            (size for size in range(longest, 0, -1) if self._introduction.startswith(self._held[-size:])), 0
        )
