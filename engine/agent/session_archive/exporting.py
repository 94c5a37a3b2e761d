"""Writes sessions as archives, in pieces, of which only one is in memory at a time."""

from __future__ import annotations

import asyncio
import datetime
import gzip
import io
import os
import posixpath
import tarfile
from collections.abc import AsyncGenerator, Callable, Generator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any, Final

import orjson

from roocode_server.engine.agent.runner import TaskRunner
from roocode_server.engine.agent.session_archive.form import (
    CHECKPOINTS_MEMBER,
    COMPLETE_MEMBER,
    FILES_MEMBERS,
    INODE_HEADER,
    LINES,
    MANIFEST_MEMBER,
    ROWS_MEMBERS,
    SESSION_ARCHIVE_FORMAT,
    MemberDigest,
    SessionManifest,
)
from roocode_server.engine.agent.store.checkpoints import History
from roocode_server.engine.concurrency.shield import run_to_completion
from roocode_server.engine.sessions.sessions import Sessions
from roocode_server.engine.storage.database import Database
from roocode_server.engine.storage.session_rows import OWNED, rows_of
from roocode_server.engine.workspace.archive_writer import (
    ARCHIVE_PIECE_BYTES,
    TAR_BLOCK_BYTES,
    ArchiveItem,
    PieceSink,
    archive_items,
    exactly,
    tar_info,
)
from roocode_server.engine.workspace.file_access import FOLDER_FLAGS
from roocode_server.engine.workspace.os_errors import os_errors
from roocode_server.engine.workspace.staging import staged_folder
from roocode_server.engine.workspace.walk import TreeChanged
from roocode_server.models.clock import format_time, now
from roocode_server.models.error import Conflict
from roocode_server.models.identifier import SessionId
from roocode_server.models.release import release
from roocode_server.models.session import Session
from roocode_server.models.session_secrets import without_secrets

EXPORTS_AT_ONCE: Final = 2
"""How many sessions are prepared at the same time; further ones wait."""
EXPORT_COMPRESSION: Final = 3


class SessionExports:
    """Writes sessions as archives."""

    def __init__(self, database: Database, sessions: Sessions, history: History, runner: TaskRunner) -> None:
        self._database = database
        self._sessions = sessions
        self._history = history
        self._runner = runner
        self._places = asyncio.Semaphore(EXPORTS_AT_ONCE)

    async def export(self, source: Session) -> AsyncGenerator[bytes, None]:
        """Yield the archive of a session.

        Rows and checkpoints are those of the moment at which it begins; files are read while they are sent.
        Raises: NotFound, if it is deleted meanwhile; Conflict, if directories are moved or a file cannot be
        read; ServerOverload.
        """
        folder = self._sessions.workspace(source.id).folder
        with ExitStack() as opened:
            with os_errors("/"):
                stage = opened.enter_context(staged_folder(folder))
            async with self._places, self._runner.nothing_starts(source.id):
                members = await self._rows(source.id, stage)
                names = await self._history.bundle(source.id, stage / CHECKPOINTS_MEMBER)
            if names is not None:
                members.append((CHECKPOINTS_MEMBER, stage / CHECKPOINTS_MEMBER))
            manifest = _manifest(source, names or {})
            root = os.open(folder, FOLDER_FLAGS)
            opened.callback(os.close, root)
            pieces = _packed(manifest, members, root, source.id, self._still_there(source.id))
            opened.callback(pieces.close)
            try:
                with os_errors("/"):
                    # Wait even if cancelled: a generator that runs in a thread cannot be closed.
                    while piece := await run_to_completion(asyncio.to_thread(next, pieces, b"")):
                        yield piece
            except TreeChanged as failure:
                raise Conflict("Directories were moved while they were being read; try again") from failure

    def _still_there(self, session_id: SessionId) -> Callable[[], None]:
        """Return what raises NotFound in another thread if the session has been deleted: then files may be
        missing in the archive.
        """
        loop = asyncio.get_running_loop()

        def check() -> None:
            asyncio.run_coroutine_threadsafe(self._sessions.get(session_id), loop).result()

        return check

    async def _rows(self, session_id: SessionId, stage: Path) -> list[tuple[str, Path]]:
        """Write the rows of each table into a file, as they are at one moment; return members and files."""
        members = []
        async with self._database.snapshot() as read:
            for owned in OWNED:
                file = stage / f"{owned.name}{LINES}"
                async for rows in rows_of(read, owned, session_id):
                    await asyncio.to_thread(_append, file, rows)
                if file.exists():
                    members.append((f"{ROWS_MEMBERS}{file.name}", file))
        return members


def _manifest(source: Session, names: Mapping[str, str]) -> bytes:
    described = SessionManifest(
        format=SESSION_ARCHIVE_FORMAT,
        server_version=release(),
        exported_at=format_time(now()),
        session_id=source.id,
        user_id=source.user_id,
        name=source.name,
        config=without_secrets(source.config).dump(),
        task_names=dict(names),
    )
    return orjson.dumps(described.dump())


def _append(file: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    with file.open("ab") as lines:
        for row in rows:
            lines.write(orjson.dumps({name: _written(content) for name, content in row.items()}) + b"\n")


def _written(content: Any) -> Any:
    if isinstance(content, datetime.datetime):
        return content.isoformat()
    return content.decode() if isinstance(content, bytes) else content


def _packed(
    manifest: bytes,
    members: Sequence[tuple[str, Path]],
    root: int,
    session_id: SessionId,
    check: Callable[[], None],
) -> Generator[bytes, None, None]:
    """Yield the archive; `check` raises if it must not be completed. Raises: TreeChanged, OSError."""
    sink, digest = PieceSink(), MemberDigest()
    with gzip.GzipFile("", "wb", EXPORT_COMPRESSION, sink, mtime=0) as packed:
        writer = _MemberWriter(packed, sink, digest)
        yield from writer.add(_of_bytes(MANIFEST_MEMBER, manifest), io.BytesIO(manifest))
        for name, file in members:
            with file.open("rb") as content:
                yield from writer.add(_of_size(name, file.stat().st_size), content)
        names: dict[int, str] = {}
        for item in archive_items(root):
            info = _info(item, session_id)
            if info is None:
                continue
            facts = item.facts
            if item.descriptor is not None and facts.st_nlink > 1 and facts.st_ino in names:
                info.type, info.linkname, info.size = tarfile.LNKTYPE, names[facts.st_ino], 0
                yield from writer.add(info, None)
                continue
            names[facts.st_ino] = info.name
            yield from writer.add(info, item.descriptor)
        check()
        complete = orjson.dumps({"checksum": digest.checksum})
        yield from writer.add(_of_bytes(COMPLETE_MEMBER, complete), io.BytesIO(complete))
        packed.write(bytes(2 * TAR_BLOCK_BYTES))
    yield sink.take()


class _MemberWriter:
    def __init__(self, packed: gzip.GzipFile, sink: PieceSink, digest: MemberDigest) -> None:
        self._packed = packed
        self._sink = sink
        self._digest = digest

    def add(self, info: tarfile.TarInfo, content: IO[bytes] | int | None) -> Generator[bytes, None, None]:
        """Write a member, and yield what there is to send."""
        self._digest.add(info.name, info.type, info.size, info.linkname)
        self._packed.write(info.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape"))
        pieces = exactly(content, info.size) if isinstance(content, int) else _pieces(content)
        for piece in pieces:
            self._digest.update(piece)
            self._packed.write(piece)
            if self._sink.size >= ARCHIVE_PIECE_BYTES:
                yield self._sink.take()
        self._packed.write(bytes(-info.size % TAR_BLOCK_BYTES))
        if self._sink.size >= ARCHIVE_PIECE_BYTES:
            yield self._sink.take()


def _pieces(content: IO[bytes] | None) -> Generator[bytes, None, None]:
    while content is not None and (piece := content.read(ARCHIVE_PIECE_BYTES)):
        yield piece


def _info(item: ArchiveItem, session_id: SessionId) -> tarfile.TarInfo | None:
    """The header of a member of the workspace; None for a link that leads out, which no server takes in."""
    info = tar_info(item)
    info.name = FILES_MEMBERS + item.path
    if item.target is not None:
        within = f"/workspaces/{session_id}"
        folder = posixpath.dirname(item.path)
        if (item.target + "/").startswith(within + "/"):
            info.linkname = posixpath.relpath(item.target[len(within) :] or "/", posixpath.join("/", folder))
        reached = posixpath.normpath(posixpath.join(folder, info.linkname))
        if info.linkname.startswith("/") or reached.startswith(".."):
            return None
    elif item.descriptor is not None:
        seconds, rest = divmod(item.facts.st_mtime_ns, 10**9)
        info.pax_headers = {"mtime": f"{seconds}.{rest:09}", INODE_HEADER: str(item.facts.st_ino)}
    return info


def _of_bytes(name: str, content: bytes) -> tarfile.TarInfo:
    return _of_size(name, len(content))


def _of_size(name: str, size: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size = size
    return info
