"""Workspaces from git repositories."""

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
from roocode_server.models.file import CloneStep, RepositoryClone, RepositoryCloned, WorkspaceImported
from roocode_server.models.quota import Limit
from roocode_server.models.session import Session
from roocode_server.models.user import Caller, Permission


class RepositoryHandlers(Handlers, namespace="/files"):
    """`workspace.clone`: clone a git repository into a workspace."""

    @operation(
        "workspace.clone",
        rest="POST /api/v1/sessions/{sessionId}/clone",
        permission=Permission.FILE_WRITE,
        on="session_id",
        limit=Limit.FILE_OPERATIONS,
        errors=(
            NotFound,
            Conflict,
            ValidationFailed,
            WorkspaceLimitExceeded,
            ServerOverload,
            ToolExecutionFailed,
        ),
        emits=(CloneStep, WorkspaceImported),
    )
    async def clone(self, caller: Caller, request: RepositoryClone, session: Session) -> RepositoryCloned:
        """Fill a workspace from a git repository: either everything arrives or nothing.

        The session needs network access, or the host must be listed in the server's settings. A `token` is
        sent to the URL's host only and is not stored. If the workspace is not empty, the answer is 409 unless
        `replace` is true.
        """
        return await self.engine.repositories.clone(request, session)
