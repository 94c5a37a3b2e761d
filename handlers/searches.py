"""Searches in a workspace's files. Source: S3, "Search Operations"."""

from __future__ import annotations

from roocode_server.handlers.operation import Handlers, operation
from roocode_server.models.error import (
    Conflict,
    ExtraNotInstalled,
    NotFound,
    ServerOverload,
    ToolExecutionFailed,
    ValidationFailed,
    WorkspaceLimitExceeded,
)
from roocode_server.models.quota import Limit
from roocode_server.models.search import (
    FileSearchRequest,
    FilesFound,
    MeaningFound,
    MeaningSearchRequest,
    TextFound,
    TextSearchRequest,
)
from roocode_server.models.user import Caller, Permission

SEARCH_PATH = "/api/v1/sessions/{sessionId}/search"
SEARCH_ERRORS = (NotFound, ValidationFailed, ServerOverload, ToolExecutionFailed, WorkspaceLimitExceeded)


class SearchHandlers(Handlers, namespace="/files"):
    """`search.*`: search a workspace for files by name, content and meaning."""

    @operation(
        "search.files",
        rest=f"POST {SEARCH_PATH}/files",
        permission=Permission.FILE_READ,
        on="session_id",
        limit=Limit.FILE_OPERATIONS,
        ends_with_caller=True,
        errors=(*SEARCH_ERRORS, Conflict),
    )
    async def files(self, caller: Caller, request: FileSearchRequest) -> FilesFound:
        """Find files by a glob on their names or paths.

        Hidden files and files ignored by `.gitignore` are left out unless requested; a glob with a slash in
        it also finds ignored files. The search ends when the caller disconnects, and after one minute.
        """
        return await self.engine.searches.files(request)

    @operation(
        "search.text",
        rest=f"POST {SEARCH_PATH}/text",
        permission=Permission.FILE_READ,
        on="session_id",
        limit=Limit.FILE_OPERATIONS,
        ends_with_caller=True,
        errors=SEARCH_ERRORS,
    )
    async def text(self, caller: Caller, request: TextSearchRequest) -> TextFound:
        """Find lines of text files that match a regular expression.

        Hidden files and files ignored by `.gitignore` are left out unless requested; binary files always are.
        The search ends when the caller disconnects, and after one minute.
        """
        return await self.engine.searches.text(request)

    @operation(
        "search.semantic",
        rest=f"POST {SEARCH_PATH}/semantic",
        permission=Permission.FILE_READ,
        on="session_id",
        limit=Limit.FILE_OPERATIONS,
        ends_with_caller=True,
        errors=(
            NotFound,
            ValidationFailed,
            Conflict,
            ServerOverload,
            ToolExecutionFailed,
            ExtraNotInstalled,
        ),
    )
    async def semantic(self, caller: Caller, request: MeaningSearchRequest) -> MeaningFound:
        """Find pieces of text files by meaning, not by words: `where are passwords checked`.

        Files that `.gitignore` or `.rooignore` excludes are left out. The first search of a session reads all
        files; it answers after 20 seconds with what has been read by then, and `waiting` says how many are
        left.
        Without the extra `semantic` the answer is `EXTRA_NOT_INSTALLED` and says how to get it.
        """
        return await self.engine.searches.meaning(request)
