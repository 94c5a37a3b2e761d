"""Download and upload of a whole workspace as an archive. Available over REST only."""

from __future__ import annotations

from contextlib import aclosing
from typing import Final

from roocode_server.handlers.operation import Handlers, Streams, operation
from roocode_server.handlers.stream import Stream
from roocode_server.models.error import (
    Conflict,
    NotFound,
    PayloadTooLarge,
    ServerOverload,
    ValidationFailed,
    WorkspaceLimitExceeded,
)
from roocode_server.models.file import (
    ArchiveDownload,
    ArchiveFormat,
    ArchiveUnpacked,
    ArchiveUpload,
    Transferred,
    WorkspaceImported,
)
from roocode_server.models.file_name import file_name_of
from roocode_server.models.quota import Limit
from roocode_server.models.session import Session
from roocode_server.models.user import Caller, Permission

ARCHIVE_PATH: Final = "/api/v1/sessions/{sessionId}/archive"
MEDIA_TYPES: Final = {
    ArchiveFormat.TAR_GZ: "application/gzip",
    ArchiveFormat.ZIP: "application/zip",
}


class ArchiveHandlers(Handlers, namespace="/files"):
    """`archive.*`: download a workspace as an archive, unpack one into it."""

    @operation(
        "archive.download",
        rest=f"GET {ARCHIVE_PATH}",
        permission=Permission.FILE_READ,
        on="session_id",
        limit=Limit.FILE_OPERATIONS,
        streams=Streams(download=tuple(MEDIA_TYPES.values())),
        errors=(NotFound, Conflict, ValidationFailed, ServerOverload),
    )
    async def download(
        self, caller: Caller, request: ArchiveDownload, stream: Stream, session: Session
    ) -> Transferred:
        """Download the whole workspace, hidden files included, as an archive named after the session.

        It is packed while it is being sent. Links are stored as links, so nothing from outside is included.
        If the download breaks off, the archive is incomplete.
        """
        name = file_name_of(session.name, otherwise=session.id, ending=f".{request.format.value}")
        async with aclosing(self.engine.files.pack(request)) as pieces:
            await stream.send_pieces(name, MEDIA_TYPES[request.format], pieces)
        return Transferred()

    @operation(
        "archive.upload",
        rest=f"PUT {ARCHIVE_PATH}",
        permission=Permission.FILE_WRITE,
        on="session_id",
        limit=Limit.FILE_OPERATIONS,
        streams=Streams(upload=tuple(MEDIA_TYPES.values())),
        errors=(
            NotFound,
            Conflict,
            ValidationFailed,
            PayloadTooLarge,
            WorkspaceLimitExceeded,
            ServerOverload,
        ),
        emits=(WorkspaceImported,),
    )
    async def upload(self, caller: Caller, request: ArchiveUpload, stream: Stream) -> ArchiveUnpacked:
        """Fill a workspace from an archive: either everything is unpacked or nothing.

        Archives with absolute paths, `..`, links that lead out, or anything but files, links and directories
        are refused. If the workspace is not empty, the answer is 409 unless `replace` is true.
        """
        return await self.engine.files.unpack(request, stream.body())
