"""Reading and writing of files by callers; each change emits an event. Source: S0, "File Operations"."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from typing import Final

from roocode_server.engine.concurrency.limit import ConcurrencyLimiter
from roocode_server.engine.events.log import EventLog
from roocode_server.engine.sessions.sessions import Sessions
from roocode_server.engine.tools.changes import changes_between
from roocode_server.engine.workspace.open_file import OpenFile
from roocode_server.engine.workspace.workspace import FileBytes, Workspace, Written
from roocode_server.models.error import Conflict, InvalidField
from roocode_server.models.file import (
    ArchiveDownload,
    ArchiveUnpacked,
    ArchiveUpload,
    Changes,
    DirectoryMake,
    Encoding,
    FileContent,
    FileCopy,
    FileCreated,
    FileDelete,
    FileDeleted,
    FileDownload,
    FileEntry,
    FileList,
    FileListing,
    FileModified,
    FileRead,
    FileRename,
    FileRenamed,
    FileStored,
    FileUpdate,
    FileUpload,
    FileWrite,
    WorkspaceImported,
)
from roocode_server.models.identifier import SessionId
from roocode_server.models.page import pagination
from roocode_server.models.text import encode_utf8

MOST_COUNTED_ENTRIES: Final = 200_000
"""The most entries counted; beyond that, the listing only says that there are more."""


MOST_TRANSFERS_AT_ONCE: Final = 4
"""Concurrent uploads, copies and archives of one session."""


class Files:
    """The files of all sessions' workspaces."""

    def __init__(self, sessions: Sessions, log: EventLog) -> None:
        self._sessions = sessions
        self._log = log
        self._transfers = ConcurrencyLimiter(MOST_TRANSFERS_AT_ONCE, "transfers")

    async def list(self, request: FileList) -> FileListing:
        """List a directory: directories first, each group sorted by path.

        Raises: NotFound; Conflict, if it is a file; InvalidField.
        """
        listing = await self._sessions.workspace(request.session_id).list(
            request.path,
            recursive=request.recursive,
            include_hidden=request.include_hidden,
            max_entries=MOST_COUNTED_ENTRIES,
            window=(request.offset, request.offset + request.limit),
        )
        place = pagination(total=listing.total, limit=request.limit, offset=request.offset)
        has_more = place.has_more or listing.is_truncated
        return FileListing(
            directories=list(listing.directories),
            files=list(listing.files),
            total=listing.total,
            has_more=has_more,
            pagination=replace(place, has_more=has_more),
        )

    async def read(self, request: FileRead) -> FileContent:
        """Return a file's content: as text if it is UTF-8, as base64 otherwise or on request.

        Raises: NotFound; Conflict, if it is a directory; InvalidField; PayloadTooLarge.
        """
        found = await self._sessions.workspace(request.session_id).read(request.path)
        return _present(found, request.encoding)

    async def create(self, request: FileWrite) -> FileEntry:
        """Create a file, and the directories above it.

        Raises: Conflict, if it exists; InvalidField; WorkspaceLimitExceeded.
        """
        content = _decode(request)
        async with self._undoable(request.session_id) as workspace:
            entry = await workspace.create(request.path, content)
            await self._log.append(request.session_id, FileCreated(path=entry.path))
        return entry

    async def update(self, request: FileUpdate) -> FileEntry:
        """Replace a file's content.

        Raises: NotFound; Conflict, also if the `etag` does not match; InvalidField; WorkspaceLimitExceeded.
        """
        content = _decode(request)
        async with self._undoable(request.session_id) as workspace:
            written = await workspace.write(
                request.path,
                content,
                may_create=False,
                may_replace=True,
                if_match=request.if_match or request.etag,
                keep_before=True,
            )
            await self._log.append(request.session_id, await _told(written))
        return written.entry

    async def delete(self, request: FileDelete) -> str:
        """Delete a file or a directory, and return its path. Raises: as `update`."""
        async with self._undoable(request.session_id) as workspace:
            path = workspace.canonical(request.path)
            await workspace.delete(request.path, if_match=request.if_match, recursive=request.recursive)
            await self._log.append(request.session_id, FileDeleted(path=path))
        return path

    async def rename(self, request: FileRename) -> FileEntry:
        """Move a file or directory to another path. Raises: as `update`."""
        async with self._undoable(request.session_id) as workspace:
            path = workspace.canonical(request.path)
            entry = await workspace.rename(
                request.path, request.to, overwrite=request.overwrite, if_match=request.if_match
            )
            await self._log.append(request.session_id, FileRenamed(path=path, to=entry.path))
        return entry

    async def copy(self, request: FileCopy) -> FileEntry:
        """Copy a file, or a directory with everything in it.

        Raises: as `update`; ServerOverload, if too many transfers are in progress.
        """
        session = await self._sessions.get_active(request.session_id)
        limits = session.config.resource_limits
        async with self._sessions.workspace(session.id).undoable() as workspace:
            with self._transfers.one_more(request.session_id):
                written = await workspace.copied(
                    request.path,
                    request.to,
                    overwrite=request.overwrite,
                    max_disk_bytes=limits.max_disk_bytes,
                )
            await self._log.append(request.session_id, await _told(written))
        return written.entry

    async def open(self, request: FileDownload) -> OpenFile:
        """Open a file of any size for reading in parts; the caller closes it.

        Raises: as `read`, without PayloadTooLarge.
        """
        return await self._sessions.workspace(request.session_id).open(request.path)

    async def receive(self, request: FileUpload, pieces: AsyncIterator[bytes]) -> FileStored:
        """Create or replace a file from a stream; it appears at its path when it is complete.

        Raises: as `copy`; PayloadTooLarge, if it exceeds the session's `maxFileSizeMB`.
        """
        session = await self._sessions.get_active(request.session_id)
        limits = session.config.resource_limits
        async with self._sessions.workspace(session.id).undoable() as workspace:
            standing = await workspace.stat(request.path)
            if standing is not None and (standing.type == "directory" or request.if_none_match is not None):
                raise Conflict("Something already exists at this path", path=request.path[:200])
            with self._transfers.one_more(request.session_id):
                written = await workspace.receive(
                    request.path,
                    pieces,
                    max_bytes=limits.max_file_bytes,
                    max_disk_bytes=limits.max_disk_bytes,
                    must_be_new=request.if_none_match is not None,
                    if_match=request.if_match,
                )
            await self._log.append(request.session_id, await _told(written))
        return FileStored(file=written.entry, created=not written.was_there)

    async def pack(self, request: ArchiveDownload) -> AsyncGenerator[bytes, None]:
        """Yield the whole workspace as an archive, in pieces; the caller closes the generator.

        Raises: Conflict, if a consistent archive cannot be made; ServerOverload.
        """
        workspace = self._sessions.workspace(request.session_id)
        with self._transfers.one_more(request.session_id):
            async with aclosing(workspace.packed(request.format.value)) as pieces:
                async for piece in pieces:
                    yield piece

    async def unpack(self, request: ArchiveUpload, pieces: AsyncIterator[bytes]) -> ArchiveUnpacked:
        """Fill the workspace from an archive, completely or not at all.

        Raises: Conflict, if it is not empty and `replace` is not set; InvalidField; PayloadTooLarge;
        WorkspaceLimitExceeded, if it exceeds the session's limits; ServerOverload.
        """
        session = await self._sessions.get_active(request.session_id)
        limits = session.config.resource_limits
        async with self._sessions.workspace(session.id).undoable() as workspace:
            if not request.replace and (await workspace.list(include_hidden=True, max_entries=1)).is_anything:
                raise Conflict("The workspace is not empty; set `replace` to replace its content")
            with self._transfers.one_more(request.session_id):
                content = await workspace.unpack(
                    request.format.value,
                    pieces,
                    replace=request.replace,
                    max_bytes=limits.max_file_bytes,
                    room_bytes=limits.max_disk_bytes,
                )
            told = WorkspaceImported(files=content.files, size=content.size)
            await self._log.append(request.session_id, told)
        return ArchiveUnpacked(files=content.files, size=content.size)

    async def make_directory(self, request: DirectoryMake) -> FileEntry:
        """Create a directory, and those above it. Raises: Conflict; InvalidField."""
        async with self._undoable(request.session_id) as workspace:
            entry = await workspace.make_directory(request.path)
            await self._log.append(request.session_id, _arrival(entry))
        return entry

    @asynccontextmanager
    async def _undoable(self, session_id: SessionId) -> AsyncIterator[Workspace]:
        """The workspace of an active session; changes in the block are undone if their event cannot be
        stored.

        Raises: NotFound; Conflict, if the session is not active.
        """
        await self._sessions.get_active(session_id)
        async with self._sessions.workspace(session_id).undoable() as workspace:
            yield workspace


async def _told(written: Written) -> FileCreated | FileModified:
    """Return the event for a write that may have created or replaced the file."""
    if not written.was_there:
        return _arrival(written.entry)
    if written.before is None or written.after is None:
        changes = Changes(added=0, removed=0, is_counted=False)
    else:
        changes = await asyncio.to_thread(changes_between, written.entry.path, written.before, written.after)
    return FileModified(path=written.entry.path, changes=changes)


def _arrival(entry: FileEntry) -> FileCreated:
    return FileCreated(path=entry.path, kind="directory" if entry.type == "directory" else None)


def _decode(request: FileWrite | FileUpdate) -> bytes:
    if request.encoding is Encoding.BASE64:
        try:
            return base64.b64decode(request.content, validate=True)
        except (binascii.Error, ValueError) as mistake:
            raise InvalidField("content", "Not valid base64.") from mistake
    return encode_utf8(request.content, "content")


def _present(found: FileBytes, wanted: Encoding | None) -> FileContent:
    text = None if wanted is Encoding.BASE64 else _as_text(found.content)
    if text is None and wanted is Encoding.UTF_8:
        raise InvalidField("encoding", "The file is not UTF-8 text; ask for base64.")
    return FileContent(
        path=found.path,
        content=base64.b64encode(found.content).decode() if text is None else text,
        encoding=Encoding.BASE64 if text is None else Encoding.UTF_8,
        size=len(found.content),
        modified_at=found.modified_at,
        etag=found.etag,
    )


def _as_text(content: bytes) -> str | None:
    try:
        return content.decode()
    except UnicodeDecodeError:
        return None
