"""Operations on a workspace's files. Source: S0, "File Operations"."""

from __future__ import annotations

from functools import partial

from roocode_server.handlers.operation import Handlers, operation
from roocode_server.models.error import (
    Conflict,
    NotFound,
    PayloadTooLarge,
    ServerOverload,
    ValidationFailed,
    WorkspaceLimitExceeded,
)
from roocode_server.models.file import (
    DirectoryMake,
    FileAnswer,
    FileContent,
    FileCopy,
    FileCreated,
    FileDelete,
    FileDeleted,
    FileList,
    FileListing,
    FileModified,
    FileRead,
    FileRemoved,
    FileRename,
    FileRenamed,
    FileUpdate,
    FileWrite,
)
from roocode_server.models.quota import Limit
from roocode_server.models.user import Caller, Permission

FILE_PATH = "/api/v1/sessions/{sessionId}/files/{path}"
FILE_ACTION_PATH = "/api/v1/sessions/{sessionId}/file"
"""The names of actions come after the path: below `/files/`, everything is a path."""

change = partial(
    operation,
    permission=Permission.FILE_WRITE,
    on="session_id",
    exclusive=("session_id",),
    limit=Limit.FILE_OPERATIONS,
)
"""Declares an operation that changes files; those of a session run one after the other."""


class FileHandlers(Handlers, namespace="/files"):
    """`file.*`: list, read, write, rename, copy and delete files; create directories."""

    @operation(
        "file.list",
        rest="GET /api/v1/sessions/{sessionId}/files",
        permission=Permission.FILE_READ,
        on="session_id",
        limit=Limit.FILE_OPERATIONS,
        errors=(NotFound, Conflict, ValidationFailed, WorkspaceLimitExceeded),
    )
    async def list(self, caller: Caller, request: FileList) -> FileListing:
        """List the files and directories in a directory of the workspace.

        Paths are absolute within the workspace. Hidden entries (such as `.git`) are left out unless
        requested.
        """
        return await self.engine.files.list(request)

    @operation(
        "file.read",
        rest=f"GET {FILE_PATH}",
        tail="path",
        tagged="etag",
        permission=Permission.FILE_READ,
        on="session_id",
        limit=Limit.FILE_OPERATIONS,
        errors=(NotFound, Conflict, ValidationFailed, PayloadTooLarge),
    )
    async def read(self, caller: Caller, request: FileRead) -> FileContent:
        """Read a file: UTF-8 text as it is, anything else as base64."""
        return await self.engine.files.read(request)

    @change(
        "file.create",
        rest=f"POST {FILE_PATH}",
        tail="path",
        status=201,
        tagged="file.etag",
        errors=(NotFound, Conflict, ValidationFailed, PayloadTooLarge, WorkspaceLimitExceeded),
        emits=(FileCreated,),
    )
    async def create(self, caller: Caller, request: FileWrite) -> FileAnswer:
        """Create a file and its parent directories. If the file exists already, the answer is 409."""
        return FileAnswer(file=await self.engine.files.create(request))

    @change(
        "file.update",
        rest=f"PUT {FILE_PATH}",
        tail="path",
        tagged="file.etag",
        errors=(NotFound, Conflict, ValidationFailed, PayloadTooLarge, WorkspaceLimitExceeded),
        emits=(FileModified,),
    )
    async def update(self, caller: Caller, request: FileUpdate) -> FileAnswer:
        """Replace a file's content. If the file does not exist, the answer is 404.

        With `ifMatch` (in REST also the header `If-Match`), a change that the caller has not seen is never
        overwritten: if the file's `etag` differs, the answer is 409 and names the current one.
        """
        return FileAnswer(file=await self.engine.files.update(request))

    @change(
        "file.delete",
        rest=f"DELETE {FILE_PATH}",
        tail="path",
        errors=(NotFound, Conflict, ValidationFailed),
        emits=(FileDeleted,),
    )
    async def delete(self, caller: Caller, request: FileDelete) -> FileRemoved:
        """Delete a file, a link, or a directory. `ifMatch` works as in `file.update`.

        A directory that has content answers 409, unless `recursive` is set: then it vanishes as a whole, or
        not at all. Links are never followed.
        """
        return FileRemoved(path=await self.engine.files.delete(request), deleted=True)

    @change(
        "file.rename",
        rest=f"POST {FILE_ACTION_PATH}/rename",
        tagged="file.etag",
        errors=(NotFound, Conflict, ValidationFailed),
        emits=(FileRenamed,),
    )
    async def rename(self, caller: Caller, request: FileRename) -> FileAnswer:
        """Move a file, link or directory to another path. `ifMatch` works as in `file.update`."""
        return FileAnswer(file=await self.engine.files.rename(request))

    @operation(
        "file.copy",
        rest=f"POST {FILE_ACTION_PATH}/copy",
        status=201,
        made="/api/v1/sessions/{sessionId}/files{file.path}",
        tagged="file.etag",
        permission=Permission.FILE_WRITE,
        on="session_id",
        limit=Limit.FILE_OPERATIONS,
        errors=(NotFound, Conflict, ValidationFailed, WorkspaceLimitExceeded, ServerOverload),
        emits=(FileCreated, FileModified),
    )
    async def copy(self, caller: Caller, request: FileCopy) -> FileAnswer:
        """Copy a file, or a directory with all its contents. The copy appears once it is complete."""
        return FileAnswer(file=await self.engine.files.copy(request))

    @change(
        "file.mkdir",
        rest=f"POST {FILE_ACTION_PATH}/mkdir",
        status=201,
        made="/api/v1/sessions/{sessionId}/files?path={file.path}",
        errors=(NotFound, Conflict, ValidationFailed, WorkspaceLimitExceeded),
        emits=(FileCreated,),
    )
    async def make_directory(self, caller: Caller, request: DirectoryMake) -> FileAnswer:
        """Create a directory and its parents. If it exists already, the answer is 409."""
        return FileAnswer(file=await self.engine.files.make_directory(request))
