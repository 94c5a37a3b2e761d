"""One bounded run of ripgrep: its output is parsed as it comes, and it is stopped at a limit."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, Generic, TypeVar

from roocode_server.engine.runtimes.runtime import SIGNAL_EXIT_BASE, EnoughOutput, Exit, OutputSink
from roocode_server.engine.search.ripgrep import PROGRAM_NOT_FOUND, RIPGREP_FAILED
from roocode_server.engine.workspace.name_spelling import marked

AnyMatch = TypeVar("AnyMatch")

ProgramRunner = Callable[[str, OutputSink], Awaitable[Exit]]
"""Runs a program that only reads in a session's sandbox, given its command line and a sink for its output."""

_COMPLAINT_CHARACTERS: Final = 2000


class SearchFailure(Exception):
    """The search could not be done; the message says why, for people and models."""


class SearchLimited(SearchFailure):
    """A limit of the session stopped the search before it found anything."""

    def __init__(self, limit: str) -> None:
        super().__init__(
            f"The search was stopped by the session's {limit} limit before it found anything. Search "
            "a folder below, or fewer kinds of files."
        )
        self.limit = limit


class PatternRejected(SearchFailure):
    """ripgrep does not accept a pattern; the message is its own."""


class SearchRun(Generic[AnyMatch]):
    """A search and its matches: at most `limit`, which `parse` extracts from the output.

    `parse` is called with each piece of output that ends with `separator`, and returns None if it is not a
    match.
    """

    def __init__(self, parse: Callable[[str], AnyMatch | None], *, separator: str = "\n", limit: int) -> None:
        self.matches: list[AnyMatch] = []
        self.is_truncated = False
        """Whether there are more matches, or may be."""
        self.has_unreadable_files = False
        self._parse = parse
        self._separator = separator
        self._limit = limit
        self._begun = ""
        self._complaint = ""

    async def execute(self, run: ProgramRunner, line: str) -> None:
        """Run ripgrep's command line and collect the matches.

        Raises: SearchLimited; PatternRejected; SearchFailure, if ripgrep is missing or was killed; what `run`
        raises.
        """
        done = await run(f"exec {line}", self._take)
        if self.is_truncated:
            return
        self._add_last()
        if done.stopped_by is not None:
            self._end_at_limit(done.stopped_by)
        else:
            self._check(done.code)

    async def _take(self, stream: str, text: str) -> None:
        """Parse a piece of output. Raises: EnoughOutput."""
        if stream == "stderr":
            self._complaint = (self._complaint + marked(text))[:_COMPLAINT_CHARACTERS]
            return
        *whole, self._begun = (self._begun + text).split(self._separator)
        for printed in whole:
            self._add(printed)

    def _add(self, printed: str) -> None:
        match = self._parse(printed)
        if match is None:
            return
        if len(self.matches) == self._limit:
            self.is_truncated = True
            raise EnoughOutput
        self.matches.append(match)

    def _add_last(self) -> None:
        """Parse the output after the last separator."""
        if self._begun and len(self.matches) < self._limit:
            self._add(self._begun)

    def _end_at_limit(self, limit: str) -> None:
        if not self.matches:
            raise SearchLimited(limit)
        self.is_truncated = True

    def _check(self, code: int) -> None:
        if code == PROGRAM_NOT_FOUND:
            raise SearchFailure(
                "ripgrep (rg) is missing where this session's commands run, so files cannot be searched. "
                "Install the package `ripgrep` there."
            )
        if code > SIGNAL_EXIT_BASE:
            raise SearchFailure("The search was ended from outside; try it again.")
        complaint = self._complaint.strip()
        if code >= RIPGREP_FAILED and complaint:
            raise PatternRejected(complaint)
        self.has_unreadable_files = code >= RIPGREP_FAILED
