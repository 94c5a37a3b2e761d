"""Searches by callers in a session's files. Source: S3, "Search Operations"."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final, Generic, TypeVar

from roocode_server.engine.concurrency.limit import ConcurrencyLimiter
from roocode_server.engine.runtimes.runtime import Command, Exit, Runtime
from roocode_server.engine.search.ripgrep import FAILED, NOT_FOUND, Scope, files_line, read_line, search_line
from roocode_server.engine.sessions.sessions import Sessions
from roocode_server.engine.tools.ignore_patterns import Patterns, pattern_of
from roocode_server.engine.workspace.name_spelling import marked, spelled
from roocode_server.models.error import (
    Conflict,
    InvalidField,
    NotFound,
    ToolExecutionFailed,
    WorkspaceLimitExceeded,
)
from roocode_server.models.identifier import SessionId
from roocode_server.models.search import (
    FileMatch,
    FileSearchRequest,
    FilesFound,
    TextFound,
    TextMatch,
    TextSearchRequest,
)
from roocode_server.models.text import encode_word

AnyMatch = TypeVar("AnyMatch")

LONGEST_SEARCH_S: Final = 60
MOST_AT_ONCE: Final = 4
"""Concurrent searches of one session."""

_COMPLAINT_CHARACTERS: Final = 2000


class Searches:
    """Runs ripgrep in the sandboxes of sessions; cancelling a search stops it.

    `.rooignore` applies to agents only, so these searches ignore it, as `file.list` does.
    """

    def __init__(self, sessions: Sessions, runtime: Runtime) -> None:
        self._sessions = sessions
        self._runtime = runtime
        self._at_once = ConcurrencyLimiter(MOST_AT_ONCE, "searches")

    async def files(self, request: FileSearchRequest) -> FilesFound:
        """Find files whose names or paths match a glob.

        Raises: NotFound; Conflict, if the path is a file; InvalidField, if a pattern or path is invalid;
        ServerOverload, if too many searches of the session are in progress; WorkspaceLimitExceeded;
        ToolExecutionFailed.
        """
        _check_patterns("pattern", [request.pattern])
        wanted = Patterns(request.file_types)
        scope = replace(await self._scope(request, only_folders=True), patterns=[request.pattern])

        def match(path: str) -> FileMatch | None:
            if len(wanted) and not wanted.ignores(path.removeprefix("./"), is_folder=False):
                return None
            return FileMatch(path=spelled(path.removeprefix(".")))

        found = _Found(match, separator="\0", limit=request.limit)
        await self._search(request.session_id, files_line(scope), found)
        return FilesFound(matches=found.matches, truncated=found.is_truncated)

    async def text(self, request: TextSearchRequest) -> TextFound:
        """Find lines that match a regular expression. Raises: as `files`."""
        encode_word(request.pattern, "pattern")
        scope = await self._scope(request)

        def match(printed: str) -> TextMatch | None:
            line = read_line(printed)
            if line is None or line.column is None:
                return None
            return TextMatch(path=f"/{line.path}", line=line.number, column=line.column, content=line.text)

        found = _Found(match, separator="\n", limit=request.limit)
        line = search_line(scope, request.pattern, ignore_case=not request.case_sensitive)
        await self._search(request.session_id, line, found)
        return TextFound(matches=found.matches, truncated=found.is_truncated)

    async def _scope(
        self, request: FileSearchRequest | TextSearchRequest, *, only_folders: bool = False
    ) -> Scope:
        """Return where to search. Raises: NotFound, InvalidField, Conflict."""
        _check_patterns("fileTypes", request.file_types)
        workspace = self._sessions.workspace(request.session_id)
        path = workspace.canonical(request.path)
        entry = await workspace.stat(request.path)
        if entry is None:
            raise NotFound("file", request.path[:200])
        if only_folders and entry.type == "file":
            raise Conflict("The path is a file; name the folder to search in")
        return Scope(
            path=path.strip("/") or ".",
            patterns=request.file_types,
            hidden=request.include_hidden,
            ignored=request.include_ignored,
        )

    async def _search(self, session_id: SessionId, line: str, found: _Found[AnyMatch]) -> None:
        sandbox = self._sessions.sandbox(await self._sessions.get(session_id))
        limit_s = min(LONGEST_SEARCH_S, sandbox.limits.max_execution_time)
        within = replace(sandbox, limits=replace(sandbox.limits, max_execution_time=limit_s))
        with self._at_once.one_more(session_id):
            try:
                command = Command(line=f"exec {line}", only_reads=True)
                done = await self._runtime.run(within, command, on_output=found.take)
            except Enough:
                return
        found.end()
        if done.stopped_by is not None:
            found.stopped(done.stopped_by)
        elif done.code > 128:
            # The session was closed, or somebody killed the search.
            await self._sessions.get(session_id)
            raise ToolExecutionFailed("The search was ended from outside; try it again")
        else:
            _check(done, found)


class Enough(Exception):
    """More matches than requested have been printed, so the search can be stopped."""


class _Found(Generic[AnyMatch]):
    """The matches of a search, parsed as they are printed."""

    def __init__(self, match: Callable[[str], AnyMatch | None], *, separator: str, limit: int) -> None:
        self.matches: list[AnyMatch] = []
        self.is_truncated = False
        self.complaint = ""
        self._match = match
        self._separator = separator
        self._limit = limit
        self._begun = ""

    async def take(self, stream: str, text: str) -> None:
        """Parse a piece of output. Raises: Enough."""
        if stream == "stderr":
            self.complaint = (self.complaint + marked(text))[:_COMPLAINT_CHARACTERS]
            return
        *whole, self._begun = (self._begun + text).split(self._separator)
        for printed in whole:
            self._add(printed)

    def end(self) -> None:
        """Parse what is left when the program has ended."""
        if self._begun and len(self.matches) < self._limit:
            self._add(self._begun)

    def stopped(self, limit: str) -> None:
        """Keep what was found before a limit stopped the search.

        Raises: WorkspaceLimitExceeded, if that is nothing.
        """
        if not self.matches:
            raise WorkspaceLimitExceeded(
                f"The {limit} limit stopped the search before it found anything; search a folder below",
                limit=limit,
            )
        self.is_truncated = True

    def _add(self, printed: str) -> None:
        match = self._match(printed)
        if match is None:
            return
        if len(self.matches) == self._limit:
            self.is_truncated = True
            raise Enough
        self.matches.append(match)


def _check(done: Exit, found: _Found[AnyMatch]) -> None:
    """Raises: InvalidField, if ripgrep rejects a pattern; ToolExecutionFailed, if it is not installed."""
    if done.code == NOT_FOUND:
        raise ToolExecutionFailed(
            "ripgrep (rg) is missing where this session's commands run; install the package `ripgrep` there"
        )
    complaint = found.complaint.strip()
    if done.code >= FAILED and complaint:
        raise InvalidField("fileTypes" if "glob" in complaint else "pattern", complaint)


def _check_patterns(field: str, patterns: Sequence[str]) -> None:
    for pattern in patterns:
        if not pattern:
            raise InvalidField(field, "An empty pattern matches nothing.")
        encode_word(pattern, field)
        if pattern_of(pattern) is None:
            raise InvalidField(field, "Not a pattern that could match anything.")
