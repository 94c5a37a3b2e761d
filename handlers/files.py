"""Operations on a workspace's files. Source: S0, "File Operations"."""

from __future__ import annotations

from handlers.operation import Handlers, operation
from models.error import Conflict, NotFound, PayloadTooLarge, ValidationFailed, WorkspaceLimitExceeded
from models.file import (
    FileAnswer,
    FileContent,
    FileCreated,
    FileDeleted,
    FileList,
    FileListing,
    FileModified,
    FileRead,
    FileRef,
    FileRemoved,
    FileWrite,
)
from models.user import Caller, Permission

PATH = "/api/v1/sessions/{sessionId}/files/{path}"


class Files(Handlers, namespace="/files"):
    @operation(
        "file.list",
        rest="GET /api/v1/sessions/{sessionId}/files",
        permission=Permission.FILE_READ,
        on="session_id",
        limit="file_operations",
        errors=(NotFound, Conflict, ValidationFailed),
    )
    async def list(self, caller: Caller, request: FileList) -> FileListing:
        """List the files and directories of a workspace directory.

        Paths are absolute within the workspace. Hidden ones (`.git`) are left out unless asked for.
        """
        return await self.engine.files.list(request)

    @operation(
        "file.read",
        rest=f"GET {PATH}",
        tail="path",
        permission=Permission.FILE_READ,
        on="session_id",
        limit="file_operations",
        errors=(NotFound, Conflict, ValidationFailed, PayloadTooLarge),
    )
    async def read(self, caller: Caller, request: FileRead) -> FileContent:
        """Read a file: UTF-8 text as it is, anything else as base64."""
        return await self.engine.files.read(request)

    @operation(
        "file.create",
        rest=f"POST {PATH}",
        tail="path",
        status=201,
        permission=Permission.FILE_WRITE,
        on="session_id",
        exclusive=("session_id",),
        limit="file_operations",
        errors=(NotFound, Conflict, ValidationFailed, PayloadTooLarge, WorkspaceLimitExceeded),
        emits=(FileCreated,),
    )
    async def create(self, caller: Caller, request: FileWrite) -> FileAnswer:
        """Create a file, and the directories above it. A file that exists already answers 409."""
        return FileAnswer(file=await self.engine.files.create(request))

    @operation(
        "file.update",
        rest=f"PUT {PATH}",
        tail="path",
        permission=Permission.FILE_WRITE,
        on="session_id",
        exclusive=("session_id",),
        limit="file_operations",
        errors=(NotFound, Conflict, ValidationFailed, PayloadTooLarge, WorkspaceLimitExceeded),
        emits=(FileModified,),
    )
    async def update(self, caller: Caller, request: FileWrite) -> FileAnswer:
        """Replace a file's content. A file that does not exist answers 404."""
        return FileAnswer(file=await self.engine.files.update(request))

    @operation(
        "file.delete",
        rest=f"DELETE {PATH}",
        tail="path",
        permission=Permission.FILE_WRITE,
        on="session_id",
        exclusive=("session_id",),
        limit="file_operations",
        errors=(NotFound, Conflict, ValidationFailed),
        emits=(FileDeleted,),
    )
    async def delete(self, caller: Caller, request: FileRef) -> FileRemoved:
        """Delete a file or an empty directory."""
        return FileRemoved(path=await self.engine.files.delete(request), deleted=True)
