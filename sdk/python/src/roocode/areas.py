"""The areas of the client that can more than their operations: files, workspaces, events, monitoring."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Final, Literal

import aiohttp

from roocode.event import Event
from roocode.models import CallersSession, FileEntry
from roocode.operations import (
    EventsOperations,
    FilesOperations,
    MonitoringOperations,
    SessionsOperations,
    WorkspaceOperations,
)
from roocode.streams import AllSessions, SessionStreams, live_events
from roocode.transport import Transport
from roocode.wire import loaded

CHUNK_BYTES: Final = 256 * 1024
LONGEST_STEM: Final = 48
"""Characters of a file's name that its unfinished copy is named with: names have at most 255 bytes."""
RAW: Final = "/api/v1/sessions/{sessionId}/files/raw"
ARCHIVE: Final = "/api/v1/sessions/{sessionId}/archive"
EXPORT: Final = "/api/v1/sessions/{sessionId}/export"
IMPORT: Final = "/api/v1/sessions/import"


class AsyncFiles(FilesOperations):
    """The files of workspaces."""

    async def read_bytes(self, session_id: str, path: str) -> bytes:
        """Return a file's content. Raises: NotFound."""
        async with self._transport.transfer("GET", RAW, {"sessionId": session_id, "path": path}) as response:
            return await response.read()

    async def write_bytes(self, session_id: str, path: str, content: bytes) -> FileEntry:
        """Create a file, and the directories it is in, or replace it. Raises: RooCodeError."""
        return await self._put(session_id, path, content)

    async def download(self, session_id: str, path: str, target: str | os.PathLike[str]) -> int:
        """Write a file of any size to a local one, and return its size in bytes. Raises: NotFound,
        OSError.
        """
        async with self._transport.transfer("GET", RAW, {"sessionId": session_id, "path": path}) as response:
            return await _saved(response, target)

    async def upload(self, session_id: str, path: str, source: str | os.PathLike[str]) -> FileEntry:
        """Send a local file of any size. Raises: RooCodeError, OSError."""
        return await self._put(session_id, path, _chunks(source))

    async def _put(self, session_id: str, path: str, content: bytes | AsyncIterator[bytes]) -> FileEntry:
        request = {"sessionId": session_id, "path": path}
        async with self._transport.transfer("PUT", RAW, request, content=content) as response:
            return loaded(FileEntry, (await response.json())["file"])


class AsyncWorkspace(WorkspaceOperations):
    """Workspaces as a whole."""

    async def download(
        self, session_id: str, target: str | os.PathLike[str], *, format: Literal["tar.gz", "zip"] = "tar.gz"
    ) -> int:
        """Write the workspace to a local archive, and return its size in bytes. Raises: RooCodeError,
        OSError.
        """
        request = {"sessionId": session_id, "format": format}
        async with self._transport.transfer("GET", ARCHIVE, request) as response:
            return await _saved(response, target)

    async def upload(
        self,
        session_id: str,
        source: str | os.PathLike[str],
        *,
        format: Literal["tar.gz", "zip"] = "tar.gz",
        replace: bool = False,
    ) -> int:
        """Fill the workspace from a local archive, and return the number of files.

        Raises: Conflict, if it is not empty and `replace` is not set. RooCodeError, OSError.
        """
        request = {"sessionId": session_id, "format": format, "replace": replace}
        async with self._transport.transfer("PUT", ARCHIVE, request, content=_chunks(source)) as response:
            return int((await response.json())["files"])


class AsyncSessions(SessionsOperations):
    """Sessions, also as archives."""

    async def export(self, session_id: str, target: str | os.PathLike[str]) -> int:
        """Write a session with everything in it to a local archive, and return its size in bytes.

        Secrets of its configuration are left out. Raises: RooCodeError, OSError.
        """
        async with self._transport.transfer("GET", EXPORT, {"sessionId": session_id}) as response:
            return await _saved(response, target)

    async def take_in(self, source: str | os.PathLike[str], *, name: str | None = None) -> CallersSession:
        """Make a session of a local archive that `export` has written, here or elsewhere.

        Raises: RooCodeError, with `VALIDATION_ERROR` if the archive is refused. OSError.
        """
        request = {} if name is None else {"name": name}
        async with self._transport.transfer("POST", IMPORT, request, content=_chunks(source)) as response:
            return loaded(CallersSession, (await response.json())["session"])


class AsyncEvents(EventsOperations):
    """The events of sessions."""

    def __init__(self, transport: Transport, streams: SessionStreams) -> None:
        super().__init__(transport)
        self._streams = streams

    async def follow(
        self, session_id: str, *, after: int | None = None, last_event_id: str | None = None
    ) -> AsyncGenerator[Event, None]:
        """Yield the events of a session, each once and in order, until it is deleted.

        `after`: the `seq` of the last event that is known; 0 for all; those from now on unless given.
        `last_event_id`: its `id`, which also tells whether the log was restored from a backup. If it was, or
        if events after it have been removed, a `LogResetEvent` comes, and then the whole log. If the log is
        read from its beginning and its first events have been removed, a `LogCutEvent` comes first.

        Raises: RooCodeError, if the session cannot be followed (any more).
        """
        if after is None:
            after = (await self.list(session_id, limit=1)).pagination.head
        async with aclosing(self._streams.follow(session_id, after, last_event_id)) as events:
            async for event in events:
                yield event

    async def follow_all(
        self,
        *,
        scope: Literal["mine", "shared", "all"] = "mine",
        types: Sequence[str] = (),
        cursor: str | None = None,
    ) -> AsyncGenerator[Event, None]:
        """Yield what happens in all your sessions, each event once and in order, over any disconnects.

        `types`: names of events, or groups (`task.*`); all unless given. `cursor`: that of the last event
        that is known, `"0"` for all; those from now on unless given. If the server was restored from a
        backup, or the cursor is too old, a `LogResetEvent` comes, and then all events.

        Raises: RooCodeError.
        """
        request = {"scope": scope, **({"types": list(types)} if types else {})}
        async with aclosing(AllSessions(self._transport, request, cursor).read()) as events:
            async for event in events:
                yield event


class AsyncMonitoring(MonitoringOperations):
    """The state of the server and its machine."""

    async def watch(self, *channels: Literal["resources", "logs"]) -> AsyncGenerator[Event, None]:
        """Yield measurements (`SystemSampledEvent`) and entries of the log (`LogWrittenEvent`). Raises:
        RooCodeError.
        """
        async with aclosing(
            live_events(self._transport, "system.watch", {"channels": list(channels)})
        ) as events:
            async for event in events:
                yield event


async def _chunks(source: str | os.PathLike[str]) -> AsyncIterator[bytes]:
    with await asyncio.to_thread(Path(source).open, "rb") as file:
        while chunk := await asyncio.to_thread(file.read, CHUNK_BYTES):
            yield chunk


async def _saved(response: aiohttp.ClientResponse, target: str | os.PathLike[str]) -> int:
    """Write an answer to a file, whole or not at all, and return its size."""
    size, whole = 0, Path(target)
    part = await asyncio.to_thread(_new_file_beside, whole)
    try:
        with await asyncio.to_thread(part.open, "wb") as file:
            async for chunk in response.content.iter_chunked(CHUNK_BYTES):
                size += await asyncio.to_thread(file.write, chunk)
        await asyncio.to_thread(part.replace, whole)
    except BaseException:
        await asyncio.to_thread(part.unlink, missing_ok=True)
        raise
    return size


def _new_file_beside(target: Path) -> Path:
    """Create an empty file next to another one, with a name that nothing has."""
    if not target.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "there is no such folder", str(target.parent))
    while True:
        part = target.with_name(f".{target.name[:LONGEST_STEM]}.{secrets.token_hex(8)}.part")
        with contextlib.suppress(FileExistsError):
            part.touch(exist_ok=False)
            return part
