"""The server's log entries on disk: JSON lines in numbered files, of which the oldest are removed."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from roocode_server.models.clock import parse_time
from roocode_server.models.error import InvalidField
from roocode_server.models.log_entry import LogEntry
from roocode_server.models.settings import LogLevel

LOG_SEGMENTS: Final = 8
"""Into how many files the space is divided: one of them is removed at a time."""
LOG_READ_BYTES: Final = 1_048_576
"""How much is read at a time; no line is longer than that."""
_FLAGS: Final = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
_FILE: Final = re.compile(r"(\d{8})\.jsonl")
_CURSOR: Final = re.compile(r"(\d{1,8})-(\d{1,15})")


@dataclass(frozen=True, slots=True, order=True)
class LogPlace:
    """A place in the log: the number of a file, and an offset in it. Entries before it are older."""

    segment: int
    offset: int

    @property
    def cursor(self) -> str:
        """The place as callers name it."""
        return f"{self.segment}-{self.offset}"

    @classmethod
    def at(cls, cursor: str) -> LogPlace:
        """Raises: InvalidField, if it is no cursor."""
        found = _CURSOR.fullmatch(cursor)
        if found is None:
            raise InvalidField("cursor", "Expected the nextCursor of another answer.")
        return cls(int(found[1]), int(found[2]))


class LogStore:
    """The files in a folder, `most_bytes` together at most. One thread writes; others read."""

    def __init__(self, folder: Path, *, most_bytes: int) -> None:
        self._folder = folder
        self._segment_bytes = most_bytes // LOG_SEGMENTS
        self._number = 0
        self._file: int | None = None
        self._written = 0

    def write(self, lines: bytes) -> None:
        """Append complete lines. Raises: OSError; then they may be there in part."""
        if self._file is None:
            self._open()
        if self._written and self._written + len(lines) > self._segment_bytes:
            self._begin_another()
        assert self._file is not None  # noqa: S101 - it has just been opened
        left = memoryview(lines)
        while left:
            done = os.write(self._file, left)
            self._written += done
            left = left[done:]

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def before(self, place: LogPlace | None) -> tuple[list[tuple[LogPlace, LogEntry]], LogPlace | None]:
        """Return the entries before a place (None: the end), newest first, from at most `LOG_READ_BYTES`.

        Returns also the place before which older ones may be, or None. Raises: OSError.
        """
        for number in self._numbers():
            if place is not None and number > place.segment:
                continue
            end = place.offset if place is not None and number == place.segment else None
            try:
                start, content = _tail(self._path(number), end)
            except FileNotFoundError:
                return [], None  # the oldest, which has just been removed
            if not content:
                continue
            found = [(LogPlace(number, start + offset), entry) for offset, entry in _entries(content)]
            return found[::-1], LogPlace(number, start)
        return [], None

    def _open(self) -> None:
        """Continue the newest file; a line that a crash has cut off ends there."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        self._number = next(self._numbers(), 1)
        self._file = os.open(self._path(self._number), _FLAGS, 0o600)
        self._written = os.fstat(self._file).st_size
        if self._written and os.pread(self._file, 1, self._written - 1) != b"\n":
            self._written += os.write(self._file, b"\n")

    def _begin_another(self) -> None:
        self.close()
        self._number += 1
        for number in self._numbers():
            if number <= self._number - LOG_SEGMENTS:
                self._path(number).unlink(missing_ok=True)
        self._file = os.open(self._path(self._number), _FLAGS, 0o600)
        self._written = os.fstat(self._file).st_size

    def _numbers(self) -> Iterator[int]:
        """The numbers of the files, newest first."""
        try:
            names = [path.name for path in self._folder.iterdir()]
        except FileNotFoundError:
            return
        yield from sorted((int(found[1]) for name in names if (found := _FILE.fullmatch(name))), reverse=True)

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:08}.jsonl"


def _tail(path: Path, end: int | None) -> tuple[int, bytes]:
    """The whole lines that end at `end` or the file's end, and where they begin."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        end = size if end is None else min(end, size)
        start = max(0, end - LOG_READ_BYTES)
        file.seek(start)
        content = file.read(end - start)
    if start:
        cut = content.find(b"\n") + 1
        start, content = start + cut, content[cut:]
    return start, content


def _entries(content: bytes) -> Iterator[tuple[int, LogEntry]]:
    """Each entry with its offset; a line that is none, as a crash may leave one, is passed over."""
    offset = 0
    for line in content.split(b"\n"):
        with contextlib.suppress(ValueError, KeyError, TypeError, AttributeError):
            yield offset, _entry(orjson.loads(line))
        offset += len(line) + 1


def _entry(stored: Mapping[str, Any]) -> LogEntry:
    """As `LogEntry.load`, which takes too long for a whole log. Raises: KeyError, ValueError, TypeError."""
    return LogEntry(
        time=parse_time(stored["time"]),
        level=LogLevel(stored["level"]),
        message=stored["message"],
        logger=stored["logger"],
        session_id=stored.get("sessionId"),
        task_id=stored.get("taskId"),
        request_id=stored.get("requestId"),
        details=stored["details"],
    )
