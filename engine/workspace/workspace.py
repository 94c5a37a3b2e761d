"""A session's files, accessed by descriptor so that no path leads out of the workspace."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import errno
import os
import posixpath
import stat
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

import structlog

from roocode_server.engine.concurrency.shield import run_to_completion
from roocode_server.engine.concurrency.worker import Exhausted
from roocode_server.engine.workspace.archive_reader import ExtractedContent, unpack
from roocode_server.engine.workspace.archive_writer import packed_tar, packed_zip
from roocode_server.engine.workspace.copying import COPY, duplicate
from roocode_server.engine.workspace.deleting import Deleted, take_away
from roocode_server.engine.workspace.etags import check, tag_of, tag_of_content
from roocode_server.engine.workspace.exchange import CONTENT, exchange
from roocode_server.engine.workspace.file_access import FOLDER_FLAGS, PLACE_FLAGS, READ_FLAGS
from roocode_server.engine.workspace.file_cache import file_cache
from roocode_server.engine.workspace.listing import Listing, changed_at, entry_of, listing, shown
from roocode_server.engine.workspace.lock import workspace_lock
from roocode_server.engine.workspace.moving import make_directory, move, place
from roocode_server.engine.workspace.name_spelling import spelled, unspelled
from roocode_server.engine.workspace.open_file import OpenFile
from roocode_server.engine.workspace.openat2 import open_beneath
from roocode_server.engine.workspace.os_errors import os_errors
from roocode_server.engine.workspace.ownership import give_tree, make_private
from roocode_server.engine.workspace.quota import DiskQuota
from roocode_server.engine.workspace.replica import Inodes, replicate
from roocode_server.engine.workspace.scanning import (
    ScanRequest,
    ScanResult,
    TooMany,
    find_apart,
    find_few,
    opened,
)
from roocode_server.engine.workspace.staging import open_staging, staged, staged_folder
from roocode_server.engine.workspace.undo import Undo
from roocode_server.engine.workspace.unicode_forms import alike
from roocode_server.engine.workspace.upload import UPLOAD_NAME, Incoming
from roocode_server.engine.workspace.walk import TreeChanged, disk_bytes, remove_tree
from roocode_server.engine.workspace.writing import resolved, settle, write
from roocode_server.models.error import (
    AppError,
    Conflict,
    InvalidField,
    NotFound,
    PayloadTooLarge,
    WorkspaceLimitExceeded,
)
from roocode_server.models.file import FileEntry
from roocode_server.models.session import ResourceLimits
from roocode_server.models.shape import LONGEST_PATH

__all__ = ["FileBytes", "Listing", "Workspace", "Written"]

Result = TypeVar("Result")
Made = TypeVar("Made")


log = structlog.get_logger("files")

REPLICAS_TRIED: Final = 3
"""How often a workspace is copied if directories are moved meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileBytes:
    """A file's content and metadata; `path` is absolute within the workspace."""

    path: str
    content: bytes
    modified_at: datetime.datetime
    etag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A file that was written, and what it replaced.

    The contents are None for anything but a file, and for files too large to be read whole.
    """

    entry: FileEntry
    was_there: bool
    before: bytes | None
    after: bytes | None


class Workspace:
    """The folder of one session.

    Paths are the caller's: relative, or absolute within the workspace, and spelled as described in
    engine/workspace/name_spelling.py. All work is done in threads. Methods raise: NotFound, if nothing is
    there (`alike` names an existing path that differs in Unicode composition only); InvalidField (`path`), if
    a path contains NUL or leaves the workspace by `..` or a link; Conflict, if something of the wrong kind is
    there; PayloadTooLarge and WorkspaceLimitExceeded. `room` is the disk quota; without it there is no limit.
    """

    def __init__(self, folder: Path, *, max_file_bytes: int, room: DiskQuota | None = None) -> None:
        self.folder = folder
        self._max_file_bytes = max_file_bytes
        self._room = room
        self._turn = workspace_lock(folder)
        self._cache = file_cache(folder)
        self._undo: Undo | None = None

    @asynccontextmanager
    async def undoable(self) -> AsyncIterator[Workspace]:
        """Yield the same workspace; changes made through it are undone if the block raises an exception.

        Cancellation undoes nothing, because what depends on a change may be in progress. If undoing fails
        (something has been changed again, for example), that is logged, and the first exception is raised.
        """
        workspace = Workspace(self.folder, max_file_bytes=self._max_file_bytes, room=self._room)
        workspace._undo = undo = Undo(self.folder)
        try:
            yield workspace
        except Exception:
            if not undo.is_empty:
                await self._take_back(undo)
            raise
        finally:
            await run_to_completion(asyncio.to_thread(undo.close))

    async def _take_back(self, undo: Undo) -> None:
        def run(root: int, _: str) -> None:
            try:
                undo.run(root)
            finally:
                for path in undo.paths:
                    self._changed(root, path)

        try:
            await self._change("", run)
        except AppError as failure:  # what was changed has been moved, changed or linked elsewhere since
            log.warning(
                "a change of a workspace could not be undone",
                session_id=self.folder.name,
                reason=failure.message,
                details=failure.details,
            )
        except Exception:
            log.exception("a change of a workspace could not be undone", session_id=self.folder.name)

    @contextmanager
    def _kept(self, root: int, path: str) -> Iterator[None]:
        """While the block runs, a change of this path can be undone."""
        if self._undo is None:
            yield
            return
        kept = self._undo.keep(root, path)
        yield
        self._undo.changed(root, kept)

    async def _let_go(self, close: Callable[[], object]) -> None:
        """Close a staging directory, or let the undo log close it."""
        if self._undo is None:
            await run_to_completion(asyncio.to_thread(close))
        else:
            self._undo.hold(close)

    def canonical(self, path: str) -> str:
        """Return the path as absolute within the workspace and normalised: `/src/a.py`.

        A path as commands see it (`/workspaces/<id>/src/a.py`) is equivalent. `..` is resolved before any
        link is followed, so that what is approved, opened and reported is the same path. Raises:
        InvalidField.
        """
        return "/" + spelled(self._relative(path))

    async def make(self) -> None:
        """Create the folder, with access for this server's user only. Raises: ServerOverload."""
        with os_errors(""):
            await asyncio.to_thread(make_private, self.folder)

    async def remove(self) -> None:
        """Delete the folder with everything in it; links are not followed."""
        await asyncio.to_thread(remove_tree, self.folder)

    async def read(self, path: str) -> FileBytes:
        """Read a regular file."""
        return await self._on(path, self._read)

    async def read_cached(self, path: str) -> bytes:
        """Return the content of a small file that is read at every step; it is read again once it changes."""
        return await self._on(path, self._read_cached)

    async def read_some(self, paths: Sequence[str]) -> dict[str, bytes]:
        """As `read_cached`, for several files at once; those that cannot be read are left out."""
        return await self._on(
            "", partial(self._read_some, paths=[(path, self._relative(path)) for path in paths])
        )

    async def create(self, path: str, content: bytes) -> FileEntry:
        """Create a file, with the directories above it. Raises: Conflict, if it exists."""
        return (await self.write(path, content, may_create=True, may_replace=False)).entry

    async def update(self, path: str, content: bytes, *, if_match: str | None = None) -> FileEntry:
        """Replace the content of an existing file; its mode is kept.

        Raises: NotFound; Conflict, if `if_match` does not match its tag.
        """
        written = await self.write(path, content, may_create=False, may_replace=True, if_match=if_match)
        return written.entry

    async def put(self, path: str, content: bytes) -> FileEntry:
        """Write a file, whether it exists or not."""
        return (await self.write(path, content, may_create=True, may_replace=True)).entry

    async def write(
        self,
        path: str,
        content: bytes,
        *,
        may_create: bool,
        may_replace: bool,
        if_match: str | None = None,
        keep_before: bool = False,
    ) -> Written:
        """Write a file; with `keep_before`, return also what it replaced.

        Raises: as `create` and `update`.
        """
        if len(content) > self._max_file_bytes:
            raise PayloadTooLarge(self._max_file_bytes)
        limits = await self._limits()

        def work(root: int, path: str) -> Written:
            self._check_tag(root, path, if_match)
            before = self._content(root, path) if keep_before else None
            was_there = self._take_room(root, path, len(content), limits) is not None
            with self._kept(root, self._place_of(root, path)), opened(open_staging(self.folder)) as stage:
                made = write(root, path, content, stage, may_create=may_create, may_replace=may_replace)
            with opened(made) as descriptor:
                facts = os.fstat(descriptor)
            self._written(root, path, facts)
            entry = replace(entry_of(path, facts), etag=tag_of_content(content))
            return Written(entry=entry, was_there=was_there, before=before, after=content)

        return await self._change(path, work)

    async def begin(self, path: str) -> int:
        """Create an empty file and return a descriptor that appends to it, for the caller to close.

        Raises: as `create`.
        """
        limits = await self._limits()

        def work(root: int, path: str) -> int:
            self._take_room(root, path, 0, limits)
            with opened(open_staging(self.folder)) as stage:
                made = write(root, path, b"", stage, may_create=True, may_replace=False)
            self._written(root, path, os.fstat(made))
            return made

        return await self._change(path, work, let_go=os.close)

    async def delete(self, path: str, *, if_match: str | None = None, recursive: bool = False) -> None:
        """Delete a file, a link, or a directory: an empty one, or with `recursive` any.

        A tree leaves its path as a whole, in one step, before its content is deleted where nobody sees it.
        Raises: Conflict, if `if_match` does not match its tag, or if the directory is not empty.
        """
        gone: list[Deleted] = []

        def delete(root: int, path: str) -> None:
            self._check_tag(root, path, if_match)
            if recursive and _is_directory_itself(root, path):
                gone.append(take_away(self.folder, root, path))
                if self._undo is not None:
                    self._undo.deleted(gone[0])
            else:
                with self._kept(root, path):
                    _delete(root, path)
            self._changed(root, path)

        try:
            await self._change(path, delete)
        finally:
            for deleted in gone:
                await self._let_go(deleted.remove)

    async def rename(
        self, path: str, to: str, *, overwrite: bool = False, if_match: str | None = None
    ) -> FileEntry:
        """Move a file, link or directory to another path, creating the directories above it.

        Raises: Conflict, if something is at `to` that may not be overwritten, or if `if_match` does not match
        the tag of `path`.
        """
        target = self._relative(to, "to")

        def rename(root: int, path: str) -> FileEntry:
            self._check_tag(root, path, if_match)
            kept = None if self._undo is None else self._undo.keep(root, target)
            move(root, path, target, overwrite=overwrite)
            if self._undo is not None and kept is not None:
                self._undo.moved(root, kept, path)
            self._changed(root, path)
            self._changed(root, target)
            with os_errors(to, "to"):
                return self._described(root, target)

        return await self._change(path, rename)

    async def copy(self, path: str, to: str, *, overwrite: bool = False, max_disk_bytes: int) -> FileEntry:
        """Copy a file, or a directory with everything in it; links are copied as links.

        The copy appears at its path when it is complete. Raises: as `copied`.
        """
        return (await self.copied(path, to, overwrite=overwrite, max_disk_bytes=max_disk_bytes)).entry

    async def copied(self, path: str, to: str, *, overwrite: bool = False, max_disk_bytes: int) -> Written:
        """As `copy`; returns also what was at `to` before.

        Raises: Conflict, if something is at `to` that may not be overwritten, or if there is anything other
        than files, links and directories; WorkspaceLimitExceeded, if the workspace would exceed
        `max_disk_bytes`.
        """
        target = self._relative(to, "to")

        def copy(root: int, path: str) -> Written:
            with staged(self.folder) as stage:
                gained = self._size(root, target) or 0
                room_bytes = max(0, self._room_bytes(max_disk_bytes)) + gained
                size = duplicate(root, path, stage, room_bytes=room_bytes)
                give_tree(stage, root)
                with self._turn, os_errors(to, "to"):
                    was_there, before = self._check_room(root, target, size, max_disk_bytes)
                    with self._kept(root, target):
                        place(root, target, stage, COPY, overwrite=overwrite)
                    self._changed(root, target)
                    return Written(
                        entry=self._described(root, target),
                        was_there=was_there,
                        before=before,
                        after=self._content(root, target),
                    )

        return await self._on(path, copy)

    async def open(self, path: str) -> OpenFile:
        """Open a regular file of any size for reading in parts; the caller closes it. Raises: as `read`."""
        return await self._on(path, self._open, let_go=OpenFile.close)

    async def receive(
        self,
        path: str,
        pieces: AsyncIterator[bytes],
        *,
        max_bytes: int,
        max_disk_bytes: int,
        must_be_new: bool = False,
        if_match: str | None = None,
    ) -> Written:
        """Write a file from a stream; it appears at its path when it is complete.

        Raises: PayloadTooLarge, if it exceeds `max_bytes`; WorkspaceLimitExceeded, if the workspace would
        exceed `max_disk_bytes`; Conflict, if it exists and must be new, is not a file, or if `if_match` does
        not match its tag; NotFound, if there is a condition and no file.
        """
        check = partial(self._check_tag, condition=if_match)
        await self._on(path, check)

        def begin(root: int, path: str) -> Incoming:
            gained = self._size(root, path) or 0
            room_bytes = max(0, self._room_bytes(max_disk_bytes)) + gained
            return Incoming(self.folder, max_bytes=max(max_bytes, gained), room_bytes=room_bytes)

        incoming = await self._on(path, begin, let_go=Incoming.close)
        try:
            async for piece in pieces:
                with os_errors(path):
                    await run_to_completion(asyncio.to_thread(incoming.write, piece))

            def take_place(root: int, path: str) -> Written:
                check(root, path)
                was_there, before = self._check_room(root, path, incoming.size, max_disk_bytes)
                with self._kept(root, self._place_of(root, path)):
                    settle(root, path, incoming.stage, UPLOAD_NAME, may_replace=not must_be_new)
                facts = os.fstat(incoming.descriptor)
                self._written(root, path, facts)
                tag = tag_of(incoming.descriptor, facts, max_bytes=self._max_file_bytes)
                return Written(
                    entry=replace(entry_of(path, facts), etag=tag),
                    was_there=was_there,
                    before=before,
                    after=self._content(root, path),
                )

            return await self._change(path, take_place)
        finally:
            await run_to_completion(asyncio.to_thread(incoming.close))

    async def packed(self, kind: str) -> AsyncGenerator[bytes, None]:
        """Yield the whole workspace as an archive (`tar.gz` or `zip`), made while it is read.

        Links are stored as links; anything other than files, links and directories is left out. Raises:
        Conflict, if directories are moved meanwhile or a file cannot be read.
        """
        root = await self._on("", lambda root, _: os.dup(root), let_go=os.close)
        pieces = packed_zip(root) if kind == "zip" else packed_tar(root)
        try:
            with os_errors("/"):
                # Wait even if cancelled: a generator that runs in a thread cannot be closed.
                while (piece := await run_to_completion(asyncio.to_thread(next, pieces, None))) is not None:
                    yield piece
        except TreeChanged as failure:
            raise Conflict("Directories were moved while they were being read; try again") from failure
        finally:
            pieces.close()
            os.close(root)

    async def unpack(
        self,
        kind: str,
        pieces: AsyncIterator[bytes],
        *,
        replace: bool,
        max_bytes: int,
        room_bytes: int,
    ) -> ExtractedContent:
        """Fill the workspace from an archive that `pieces` yields, completely or not at all.

        Raises: Conflict, if it is not empty and `replace` is false; InvalidField, if it is not such an
        archive, leads out, or contains anything other than files, links and directories; PayloadTooLarge, if
        the archive exceeds `room_bytes`; WorkspaceLimitExceeded, if its content does, or a file exceeds
        `max_bytes`.
        """
        incoming = await self._on(
            "",
            lambda *_: Incoming(self.folder, max_bytes=room_bytes, room_bytes=room_bytes),
            let_go=Incoming.close,
        )
        try:
            async for piece in pieces:
                with os_errors(""):
                    await run_to_completion(asyncio.to_thread(incoming.write, piece))
            content = await unpack(
                kind,
                incoming.descriptor,
                incoming.stage,
                owner=str(self.folder),
                room_bytes=room_bytes,
                most_bytes=max_bytes,
            )

            def take_place(root: int, path: str) -> None:
                self._exchange(root, incoming.stage, replace=replace)

            await self._change("", take_place)
            return content
        finally:
            await self._let_go(incoming.close)

    async def fill(self, make: Callable[[Path], Awaitable[Made]], *, replace: bool) -> Made:
        """Fill the workspace with what `make` puts into an empty directory, completely or not at all.

        Raises: Conflict, if it is not empty and `replace` is false; what `make` raises.
        """
        opened_stage = ExitStack()
        try:
            stage = await self._on("", lambda *_: opened_stage.enter_context(staged_folder(self.folder)))
            content = stage / CONTENT
            content.mkdir(0o755)
            made = await make(content)

            def take_place(root: int, path: str) -> None:
                with opened(os.open(stage, FOLDER_FLAGS)) as descriptor:
                    self._exchange(root, descriptor, replace=replace)

            await self._change("", take_place)
            return made
        finally:
            await self._let_go(opened_stage.close)

    async def replicate(self, copy: Workspace) -> Inodes:
        """Copy everything into another, empty workspace; neither sees what is written in the other.

        Raises: Conflict, if directories are moved meanwhile or a file cannot be read; ServerOverload.
        """
        with os_errors("/"), opened(os.open(self.folder, FOLDER_FLAGS)) as source:
            for _ in range(REPLICAS_TRIED):
                await copy.make()
                with opened(os.open(copy.folder, FOLDER_FLAGS)) as target:
                    try:
                        return await replicate(
                            source,
                            target,
                            owner=str(self.folder),
                            moved=(f"/workspaces/{self.folder.name}", f"/workspaces/{copy.folder.name}"),
                        )
                    except OSError as failure:
                        if failure.errno != errno.ESTALE:
                            raise
                await copy.remove()
        raise Conflict("Directories were moved while they were being read; try again")

    async def take_over(self, content: Path) -> None:
        """Have a folder with this server's own files on the same file system take the place of an empty
        workspace. Raises: Conflict; ServerOverload.
        """
        with os_errors("/"):
            await asyncio.to_thread(content.rename, self.folder)

    async def make_directory(self, path: str) -> FileEntry:
        """Create a directory, with those above it. Raises: Conflict, if something is at this path."""
        return await self._change(path, self._make_directory)

    async def set_executable(self, path: str, *, is_executable: bool) -> None:
        """Set whether a file is executable."""
        await self._change(path, partial(_set_executable, is_executable=is_executable))

    async def stat(self, path: str) -> FileEntry | None:
        """Describe a file or directory (`type` says which); None if there is neither."""
        try:
            return await self._on(path, self._stat)
        except NotFound:
            return None

    async def reached(self, *paths: str) -> Sequence[str]:
        """Resolve the links in paths; returns each absolute within the workspace.

        For a path that does not exist, that is where it would be created. Raises: InvalidField, if one leads
        out.
        """
        return [await self._on(path, _reached) for path in paths]

    async def list(
        self,
        path: str = "",
        *,
        recursive: bool = False,
        include_hidden: bool = False,
        max_entries: int = 10_000,
        window: tuple[int, int] | None = None,
    ) -> Listing:
        """List a directory.

        Links are shown as their targets, and left out if they lead outside; linked directories are not
        walked.
        """
        wanted = ScanRequest(
            recursive=recursive, include_hidden=include_hidden, max_entries=max_entries, window=window
        )
        try:
            return await self._on(path, lambda root, path: listing(find_few(root, path, wanted)))
        except TooMany:
            return await asyncio.to_thread(listing, await self._find_apart(path, wanted))

    async def _find_apart(self, path: str, wanted: ScanRequest) -> ScanResult:
        with os_errors(path):
            try:
                return await find_apart(str(self.folder), self._relative(path), wanted)
            except Exhausted as failure:
                raise WorkspaceLimitExceeded(
                    "There are too many entries to list; list a folder below"
                ) from failure

    async def disk_bytes(self) -> int:
        """Return the workspace's disk usage; links are not followed."""
        return await asyncio.to_thread(disk_bytes, self.folder)

    async def _on(
        self,
        path: str,
        work: Callable[[int, str], Result],
        *,
        let_go: Callable[[Result], object] | None = None,
    ) -> Result:
        """Call `work` in a thread with the open workspace and a path; OSErrors are translated.

        A cancelled caller waits for the thread, because what it uses must not be closed meanwhile; `let_go`
        then closes the result.
        """
        relative = self._relative(path)

        def run() -> Result:
            with opened(os.open(self.folder, FOLDER_FLAGS)) as root:
                try:
                    return work(root, relative)
                except (FileNotFoundError, NotFound) as missing:
                    other = alike(root, relative)
                    if other is None:
                        raise
                    raise NotFound("file", path[:200], alike=other) from missing

        with os_errors(path):
            return await run_to_completion(asyncio.to_thread(run), let_go=let_go)

    async def _change(
        self,
        path: str,
        work: Callable[[int, str], Result],
        *,
        let_go: Callable[[Result], object] | None = None,
    ) -> Result:
        """As `_on`, with the workspace's lock held."""

        def alone(root: int, relative: str) -> Result:
            with self._turn:
                return work(root, relative)

        return await self._on(path, alone, let_go=let_go)

    def _relative(self, path: str, field: str = "path") -> str:
        if "\0" in path:
            raise InvalidField(field, "A path cannot contain a NUL character.")
        try:
            path = unspelled(path)
        except UnicodeEncodeError:
            raise InvalidField(field, "Not valid text: it has lone surrogates.") from None
        if len(os.fsencode(path)) > LONGEST_PATH:
            raise InvalidField(field, f"Longer than {LONGEST_PATH} bytes.")
        mount = f"/workspaces/{self.folder.name}"
        if path == mount or path.startswith(mount + "/"):
            path = path[len(mount) :]
        parts: list[str] = []
        for part in path.split("/"):
            if part == "..":
                if not parts:
                    raise InvalidField(field, "The path leaves the workspace.")
                parts.pop()
            elif part not in ("", "."):
                parts.append(part)
        return "/".join(parts)

    def _read(self, root: int, path: str) -> FileBytes:
        with opened(open_beneath(root, path, READ_FLAGS)) as descriptor:
            facts = os.fstat(descriptor)
            _check_regular(facts)
            content = self._whole(descriptor, facts)
            return FileBytes(
                path=shown(path),
                content=content,
                modified_at=changed_at(facts),
                etag=tag_of_content(content),
            )

    def _read_some(self, root: int, _: str, paths: Sequence[tuple[str, str]]) -> dict[str, bytes]:
        found = {}
        for path, relative in paths:
            with contextlib.suppress(OSError, Conflict, PayloadTooLarge):
                found[path] = self._read_cached(root, relative)
        return found

    def _read_cached(self, root: int, path: str) -> bytes:
        with opened(open_beneath(root, path, READ_FLAGS)) as descriptor:
            facts = os.fstat(descriptor)
            _check_regular(facts)
            return self._cache.content(path, facts, lambda: self._whole(descriptor, facts))

    def _whole(self, descriptor: int, facts: os.stat_result) -> bytes:
        """Read an open file. Raises: PayloadTooLarge."""
        if facts.st_size <= self._max_file_bytes:
            with open(descriptor, "rb", closefd=False) as file:
                content = file.read(self._max_file_bytes + 1)
            if len(content) <= self._max_file_bytes:
                return content
        raise PayloadTooLarge(self._max_file_bytes)

    def _open(self, root: int, path: str) -> OpenFile:
        descriptor = open_beneath(root, path, READ_FLAGS)
        try:
            _check_regular(os.fstat(descriptor))
            return OpenFile(descriptor, path, max_bytes=self._max_file_bytes)
        except BaseException:
            os.close(descriptor)
            raise

    def _stat(self, root: int, path: str) -> FileEntry:
        with opened(open_beneath(root, path, os.O_PATH)) as descriptor:
            facts = os.fstat(descriptor)
            if not (stat.S_ISREG(facts.st_mode) or stat.S_ISDIR(facts.st_mode)):
                raise NotFound("file", shown(path))
            return entry_of(path, facts)

    async def _limits(self) -> ResourceLimits | None:
        return None if self._room is None else await self._room.limits()

    def _take_room(self, root: int, path: str, size: int, limits: ResourceLimits | None) -> int | None:
        """Check and count the quota; returns the size of an existing file, or None.

        Raises: WorkspaceLimitExceeded.
        """
        before = self._size(root, path)
        if self._room is not None and limits is not None:
            self._room.take(self.folder, limits, size=size, before=before or 0)
        return before

    def _size(self, root: int, path: str) -> int | None:
        """Return the size of what is at a path, links followed; None if there is nothing."""
        with contextlib.suppress(OSError), opened(open_beneath(root, path, os.O_PATH)) as standing:
            return os.fstat(standing).st_size
        return None

    def _content(self, root: int, path: str) -> bytes | None:
        """Return the content of a file that can be read whole, or None."""
        with contextlib.suppress(OSError, Conflict, PayloadTooLarge):
            return self._read(root, path).content
        return None

    def _make_directory(self, root: int, path: str) -> FileEntry:
        with self._kept(root, path):
            make_directory(root, path)
        self._changed(root, path)
        return self._stat(root, path)

    def _exchange(self, root: int, stage: int, *, replace: bool) -> None:
        try:
            coming = exchange(root, stage, self.folder.name, replace=replace)
            if self._undo is not None:
                self._undo.exchanged(stage, self.folder.name, coming)
        finally:
            self._changed(root, "")

    def _place_of(self, root: int, path: str) -> str:
        """Return where a write goes, links resolved. Raises: Conflict, OSError."""
        return path if self._undo is None else posixpath.join(*resolved(root, path))

    def _written(self, root: int, path: str, facts: os.stat_result) -> None:
        """Tell the watcher about a file that this server has written, links resolved."""
        if self._turn.on_write is not None:
            with contextlib.suppress(OSError, Conflict):
                self._changed(root, posixpath.join(*resolved(root, path)), facts)

    def _changed(self, root: int, path: str, facts: os.stat_result | None = None) -> None:
        """Tell the watcher that a change at a path was made by this server."""
        if self._turn.on_write is None:
            return
        folder, name = posixpath.split(path)
        with contextlib.suppress(OSError), opened(open_beneath(root, folder, PLACE_FLAGS)) as parent:
            above = os.path.relpath(_place(parent), _place(root))
            self._turn.on_write(posixpath.normpath(posixpath.join(above, name)), facts)

    def _check_tag(self, root: int, path: str, condition: str | None) -> None:
        """Raises: Conflict, if there is a condition that the file does not meet; OSError."""
        if condition is None:
            return
        with opened(open_beneath(root, path, READ_FLAGS)) as descriptor:
            facts = os.fstat(descriptor)
            _check_regular(facts)
            check(condition, tag_of(descriptor, facts, max_bytes=self._max_file_bytes), shown(path))

    def _room_bytes(self, max_disk_bytes: int) -> int:
        return max_disk_bytes - disk_bytes(self.folder)

    def _check_room(self, root: int, path: str, size: int, max_disk_bytes: int) -> tuple[bool, bytes | None]:
        """Check the room again before something is put in its place, because others may have written
        meanwhile.

        Returns whether something is already there, and its content. Raises: WorkspaceLimitExceeded, unless
        the new content is not larger than what it replaces.
        """
        before = self._size(root, path)
        growth = size - (before or 0)
        if growth > 0 and growth > self._room_bytes(max_disk_bytes):
            raise WorkspaceLimitExceeded("There is no space for this in the workspace; delete files first")
        return before is not None, self._content(root, path)

    def _described(self, root: int, path: str) -> FileEntry:
        """Describe what is at a path, which may be a link that leads nowhere or outside."""
        folder, name = posixpath.split(path)
        with opened(open_beneath(root, folder, PLACE_FLAGS)) as parent:
            facts = os.stat(name, dir_fd=parent, follow_symlinks=False)
        if not stat.S_ISREG(facts.st_mode):
            return entry_of(path, facts)
        with opened(open_beneath(root, path, READ_FLAGS)) as descriptor:
            facts = os.fstat(descriptor)
            tag = tag_of(descriptor, facts, max_bytes=self._max_file_bytes)
        return replace(entry_of(path, facts), etag=tag)


def _reached(root: int, path: str) -> str:
    """Resolve a path. Raises: OSError, Conflict."""
    missing: list[str] = []
    while True:
        try:
            with opened(open_beneath(root, path, os.O_PATH)) as descriptor:
                found = os.path.relpath(_place(descriptor), _place(root))
            return shown(posixpath.join(found, *missing))
        except FileNotFoundError:
            path, name = resolved(root, path)  # also through a dangling link
            missing.insert(0, name)


def _place(descriptor: int) -> str:
    return os.readlink(f"/proc/self/fd/{descriptor}")


def _is_directory_itself(root: int, path: str) -> bool:
    """Whether a directory is at this path, and no link to one. Raises: OSError; Conflict, for the root."""
    folder, name = posixpath.split(path)
    if not name:
        raise Conflict("The workspace's root cannot be deleted")
    with opened(open_beneath(root, folder, PLACE_FLAGS)) as parent:
        return stat.S_ISDIR(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode)


def _delete(root: int, path: str) -> None:
    folder, name = posixpath.split(path)
    if name in ("", ".."):
        raise Conflict("The workspace's root cannot be deleted")
    with opened(open_beneath(root, folder, FOLDER_FLAGS)) as parent:
        facts = os.stat(name, dir_fd=parent, follow_symlinks=False)
        if stat.S_ISDIR(facts.st_mode):
            os.rmdir(name, dir_fd=parent)
        else:
            os.unlink(name, dir_fd=parent)


def _set_executable(root: int, path: str, *, is_executable: bool) -> None:
    with opened(open_beneath(root, path, READ_FLAGS)) as descriptor:
        facts = os.fstat(descriptor)
        _check_regular(facts)
        mode = stat.S_IMODE(facts.st_mode)
        os.fchmod(descriptor, mode | 0o111 if is_executable else mode & ~0o111)


def _check_regular(facts: os.stat_result) -> None:
    if stat.S_ISDIR(facts.st_mode):
        raise Conflict("This is a directory, not a file")
    if not stat.S_ISREG(facts.st_mode):
        raise Conflict("This is not a regular file")
