"""Searches in a workspace's files. Source: S3, "Search Operations"."""

from __future__ import annotations

from roocode_server.handlers.operation import Handlers, operation
from roocode_server.models.error import (
    Conflict,
    NotFound,
    ServerOverload,
    ToolExecutionFailed,
    ValidationFailed,
    WorkspaceLimitExceeded,
)
from roocode_server.models.quota import Limit
from roocode_server.models.search import FileSearchRequest, FilesFound, TextFound, TextSearchRequest
from roocode_server.models.user import Caller, Permission

SEARCH_PATH = "/api/v1/sessions/{sessionId}/search"
SEARCH_ERRORS = (NotFound, ValidationFailed, ServerOverload, ToolExecutionFailed, WorkspaceLimitExceeded)


class SearchHandlers(Handlers, namespace="/files"):
    """`search.*`: search a workspace for files by name and by content."""

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
