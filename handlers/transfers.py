"""Files as streams of bytes, which REST alone has. Declared as every operation is."""

from __future__ import annotations

from typing import Final

from roocode_server.handlers.operation import Handlers, Streams, operation
from roocode_server.handlers.stream import Stream
from roocode_server.models.error import (
    Conflict,
    NotFound,
    PayloadTooLarge,
    RangeNotSatisfiable,
    ServerOverload,
    ValidationFailed,
    WorkspaceLimitExceeded,
)
from roocode_server.models.file import (
    FileCreated,
    FileDownload,
    FileModified,
    FileStored,
    FileUpload,
    Transferred,
)
from roocode_server.models.quota import Limit
from roocode_server.models.user import Caller, Permission

RAW: Final = "/api/v1/sessions/{sessionId}/files/raw"
BYTES: Final = "application/octet-stream"


class TransferHandlers(Handlers, namespace="/files"):
    """`file.download` and `file.upload`: file contents as streams of bytes."""

    @operation(
        "file.download",
        rest=f"GET {RAW}",
        permission=Permission.FILE_READ,
        on="session_id",
        limit=Limit.FILE_OPERATIONS,
        streams=Streams(download=(BYTES,)),
        errors=(NotFound, Conflict, ValidationFailed, RangeNotSatisfiable),
    )
    async def download(self, caller: Caller, request: FileDownload, stream: Stream) -> Transferred:
        """Read a file of any size as it is, or a part of it.

        Takes `Range`, `If-Range` and `If-None-Match`; answers 206 and 304 to them. The answer is for saving,
        never for showing: it is an attachment that no page of this origin can run.
        """
        file = await self.engine.files.open(request)
        try:
            await stream.send_file(file)
        finally:
            file.close()
        return Transferred()

    @operation(
        "file.upload",
        rest=f"PUT {RAW}",
        made=f"{RAW}?path={{file.path}}",
        made_if="created",
        tagged="file.etag",
        permission=Permission.FILE_WRITE,
        on="session_id",
        limit=Limit.FILE_OPERATIONS,
        streams=Streams(upload=(BYTES,)),
        errors=(
            NotFound,
            Conflict,
            ValidationFailed,
            PayloadTooLarge,
            WorkspaceLimitExceeded,
            ServerOverload,
        ),
        emits=(FileCreated, FileModified),
    )
    async def upload(self, caller: Caller, request: FileUpload, stream: Stream) -> FileStored:
        """Make or replace a file by the body as it is, up to the session's limits.

        The file is in its place once the body has come whole; half a body leaves nothing. Answers 201 where
        there was none before. `ifMatch` is as in `file.update`; `ifNoneMatch` (`If-None-Match: *`) refuses
        to replace.
        """
        return await self.engine.files.receive(request, stream.body())
