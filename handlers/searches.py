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

PATH = "/api/v1/sessions/{sessionId}/search"
ERRORS = (NotFound, ValidationFailed, ServerOverload, ToolExecutionFailed, WorkspaceLimitExceeded)


class SearchHandlers(Handlers, namespace="/files"):
    """`search.*`: search a workspace for files by name and by content."""

    @operation(
        "search.files",
        rest=f"POST {PATH}/files",
        permission=Permission.FILE_READ,
        on="session_id",
        limit=Limit.FILE_OPERATIONS,
        ends_with_caller=True,
        errors=(*ERRORS, Conflict),
    )
    async def files(self, caller: Caller, request: FileSearchRequest) -> FilesFound:
        """Find files by a glob of their names or paths.

        Hidden files and what `.gitignore` names are left out unless asked for; a glob with a slash in it also
        finds ignored files. The search ends when its caller goes away, and after a minute.
        """
        return await self.engine.searches.files(request)

    @operation(
        "search.text",
        rest=f"POST {PATH}/text",
        permission=Permission.FILE_READ,
        on="session_id",
        limit=Limit.FILE_OPERATIONS,
        ends_with_caller=True,
        errors=ERRORS,
    )
    async def text(self, caller: Caller, request: TextSearchRequest) -> TextFound:
        """Find lines of text files by a regular expression.

        Hidden files and what `.gitignore` names are left out unless asked for, binary files always. The
        search ends when its caller goes away, and after a minute.
        """
        return await self.engine.searches.text(request)
