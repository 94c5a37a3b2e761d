"""Searches by callers in a session's files. Source: S3, "Search Operations"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, TypeVar

from roocode_server.engine.concurrency.limit import ConcurrencyLimiter
from roocode_server.engine.runtimes.runtime import Command, Exit, OutputSink, Runtime
from roocode_server.engine.search.index import CodeIndex
from roocode_server.engine.search.ripgrep import Scope, files_line, read_line, search_line
from roocode_server.engine.search.search_run import PatternRejected, SearchFailure, SearchLimited, SearchRun
from roocode_server.engine.sessions.sessions import Sessions
from roocode_server.engine.tools.ignore_patterns import Patterns, pattern_of
from roocode_server.engine.tools.indexed_files import indexed_files
from roocode_server.engine.tools.tool import ToolFailure
from roocode_server.engine.workspace.name_spelling import spelled
from roocode_server.models.error import (
    AppError,
    Conflict,
    InvalidField,
    NotFound,
    ToolExecutionFailed,
    WorkspaceLimitExceeded,
)
from roocode_server.models.extras import check_installed
from roocode_server.models.identifier import SessionId
from roocode_server.models.search import (
    FileMatch,
    FileSearchRequest,
    FilesFound,
    MeaningFound,
    MeaningMatch,
    MeaningSearchRequest,
    TextFound,
    TextMatch,
    TextSearchRequest,
)
from roocode_server.models.text import encode_word

AnyMatch = TypeVar("AnyMatch")

LONGEST_SEARCH_S: Final = 60
MOST_SEARCHES_AT_ONCE: Final = 4
"""Concurrent searches of one session."""


class Searches:
    """Runs ripgrep in the sandboxes of sessions, and searches by meaning; cancelling a search stops it.

    `.rooignore` applies to agents only, so searches by ripgrep ignore it, as `file.list` does; the index for
    searches by meaning is the agents', and leaves out what it names.
    """

    def __init__(self, sessions: Sessions, runtime: Runtime, index: CodeIndex) -> None:
        self._sessions = sessions
        self._runtime = runtime
        self._index = index
        self._at_once = ConcurrencyLimiter(MOST_SEARCHES_AT_ONCE, "searches")

    async def meaning(self, request: MeaningSearchRequest) -> MeaningFound:
        """Find the pieces of text files that are nearest to a query, with the index that agents use.

        Raises: NotFound; Conflict, if the path is a file; InvalidField, if it is invalid; ExtraNotInstalled;
        ServerOverload, if too many searches of the session are in progress; ToolExecutionFailed, if listing
        the files takes too long.
        """
        check_installed("semantic", "Search by meaning")
        workspace = self._sessions.workspace(request.session_id)
        path = workspace.canonical(request.path)
        standing = await workspace.stat(path)
        if standing is None:
            raise NotFound("file", path[:200])
        if standing.type != "directory":
            raise Conflict("This is a file, not a directory", path=path[:200])
        (folder,) = await workspace.reached(path)
        with self._at_once.one_more(request.session_id):
            try:
                stamps, is_cut = await indexed_files(workspace)
            except ToolFailure as failure:
                raise ToolExecutionFailed(str(failure)) from failure
            answer = await self._index.search(
                request.session_id,
                workspace,
                stamps,
                request.query,
                within=folder.rstrip("/") + "/",
                limit=request.limit,
            )
        return MeaningFound(
            matches=[
                MeaningMatch(
                    path=match.path,
                    start_line=match.chunk.start,
                    end_line=match.chunk.end,
                    score=round(match.score, 4),
                    content=match.chunk.text,
                )
                for match in answer.found
            ],
            files=answer.files,
            waiting=answer.waiting,
            truncated=is_cut,
        )

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

        search = SearchRun(match, separator="\0", limit=request.limit)
        await self._search(request.session_id, files_line(scope), search)
        return FilesFound(matches=search.matches, truncated=search.is_truncated)

    async def text(self, request: TextSearchRequest) -> TextFound:
        """Find lines that match a regular expression. Raises: as `files`."""
        encode_word(request.pattern, "pattern")
        scope = await self._scope(request)

        def match(printed: str) -> TextMatch | None:
            line = read_line(printed)
            if line is None or line.column is None:
                return None
            return TextMatch(path=f"/{line.path}", line=line.number, column=line.column, content=line.text)

        search = SearchRun(match, limit=request.limit)
        line = search_line(scope, request.pattern, ignore_case=not request.case_sensitive)
        await self._search(request.session_id, line, search)
        return TextFound(matches=search.matches, truncated=search.is_truncated)

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
            raise Conflict("The path is a file; name a folder to search")
        return Scope(
            path=path.strip("/") or ".",
            patterns=request.file_types,
            hidden=request.include_hidden,
            ignored=request.include_ignored,
        )

    async def _search(self, session_id: SessionId, line: str, search: SearchRun[AnyMatch]) -> None:
        sandbox = self._sessions.sandbox(await self._sessions.get(session_id)).within(LONGEST_SEARCH_S)

        async def run(line: str, sink: OutputSink) -> Exit:
            return await self._runtime.run(sandbox, Command(line=line, only_reads=True), on_output=sink)

        with self._at_once.one_more(session_id):
            try:
                await search.execute(run, line)
            except SearchFailure as failure:
                await self._sessions.get(session_id)  # the failure is explained if it was deleted meanwhile
                raise _refusal(failure) from None


def _refusal(failure: SearchFailure) -> AppError:
    """Return what the caller is told of a search that failed."""
    match failure:
        case SearchLimited():
            return WorkspaceLimitExceeded(str(failure), limit=failure.limit)
        case PatternRejected():
            return InvalidField("fileTypes" if "glob" in str(failure) else "pattern", str(failure))
        case _:
            return ToolExecutionFailed(str(failure))


def _check_patterns(field: str, patterns: Sequence[str]) -> None:
    for pattern in patterns:
        if not pattern:
            raise InvalidField(field, "An empty pattern matches nothing.")
        encode_word(pattern, field)
        if pattern_of(pattern) is None:
            raise InvalidField(field, "This pattern cannot match anything.")
