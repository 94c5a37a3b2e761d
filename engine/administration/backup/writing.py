"""Making a backup while a server may be running: first the database as it is at one moment, then the files.

So whatever the database names of checkpoints is in the backup, and a workspace is at least as new as its
session. What changes while it is read is what a crash at that moment would have left.
"""

from __future__ import annotations

import errno
import gzip
import hashlib
import io
import os
import stat
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

import orjson

from roocode_server.engine.administration.backup.archive import (
    BACKUP_FORMAT,
    CHECKSUM,
    COMPLETE,
    HEADER,
    SAVED_FILES,
    SAVED_FOLDERS,
    BackupHeader,
    BackupUnusable,
    MemberChain,
)
from roocode_server.engine.runtimes.choose import WORKSPACES
from roocode_server.engine.sealing.stream import SealingWriter
from roocode_server.engine.storage.data_directory import DATABASE_FILE
from roocode_server.engine.storage.database_file import snapshot, stored_sessions, stored_version
from roocode_server.engine.workspace.file_access import FILE_PIECE_BYTES, FOLDER_FLAGS, SOURCE_FLAGS
from roocode_server.engine.workspace.walk import TreeChanged, walk
from roocode_server.models.clock import format_time, now
from roocode_server.models.release import release
from roocode_server.models.shape import Shape

IN_MEMORY_BYTES: Final = 8_388_608
"""A larger file is copied to the disk before it is put into the archive: it may change meanwhile."""
MOST_ATTEMPTS: Final = 3
COMPRESSION: Final = 1
"""The quickest: most of what is compressed well is compressed well by it, too."""
_IS_ANOTHER_NOW: Final = (errno.ELOOP, errno.ENXIO, errno.EACCES)
"""A link or a socket has taken the place of a file, or the file cannot be read."""
_DRAFT_FLAGS: Final = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """What a backup holds; `left_out` are the paths of sockets, devices and files that cannot be read."""

    file: Path
    files: int
    read_bytes: int
    sessions: int
    left_out: tuple[str, ...]


def save(data_dir: Path, database: Path, target: Path, passphrase: str | None) -> Saved:
    """Write a backup to `target`, a new file for this user alone, or a new file in that folder.

    The file has its name only once it is complete and on the disk. Raises: BackupUnusable, if the file
    exists; DatabaseUnusable; OSError.
    """
    if target.is_dir():
        target /= f"roocode-{now():%Y%m%d-%H%M%S}.backup"
    if target.exists():
        raise BackupUnusable(f"{target} exists already, and a backup replaces none: name another file")
    with tempfile.TemporaryDirectory(prefix=f".{target.name}.", dir=target.parent) as folder:
        draft, copy = Path(folder) / "draft", Path(folder) / DATABASE_FILE
        snapshot(database, copy)
        saved = _written(data_dir, copy, draft, target, passphrase)
        try:
            target.hardlink_to(draft)
        except FileExistsError:
            raise BackupUnusable(f"{target} was made meanwhile by another: name another file") from None
    _sync(target.parent)
    return saved


def _written(data_dir: Path, copy: Path, draft: Path, target: Path, passphrase: str | None) -> Saved:
    """Write the draft; again, if a folder was moved while it was walked. Raises: TreeChanged, OSError."""
    for attempt in range(1, MOST_ATTEMPTS + 1):
        try:
            with os.fdopen(os.open(draft, _DRAFT_FLAGS, 0o600), "wb") as out:
                writer = _BackupWriter(out, passphrase, spool=draft.parent)
                with writer.opened(stored_version(copy)):
                    writer.save_all(data_dir, copy)
                out.flush()
                os.fsync(out.fileno())
        except TreeChanged:
            if attempt == MOST_ATTEMPTS:
                raise
        else:
            break
    return Saved(
        file=target,
        files=writer.files,
        read_bytes=writer.read_bytes,
        sessions=len(writer.sessions),
        left_out=tuple(writer.left_out),
    )


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class _BackupWriter:
    def __init__(self, out: IO[bytes], passphrase: str | None, *, spool: Path) -> None:
        self.files = 0
        self.read_bytes = 0
        self.sessions: list[str] = []
        self.left_out: list[str] = []
        self._out = out
        self._passphrase = passphrase
        self._spool = spool
        self._chain = MemberChain()
        self._archive: tarfile.TarFile

    @contextmanager
    def opened(self, schema_version: str) -> Iterator[None]:
        """Begin the archive; if the block succeeds, end it as a complete one."""
        with ExitStack() as streams:
            out: IO[bytes] = self._out
            if self._passphrase is not None:
                sealing = SealingWriter(out, self._passphrase)
                streams.callback(sealing.close)
                out = sealing  # type: ignore[assignment]  # the part of IO that gzip uses
            packed = streams.enter_context(gzip.GzipFile("", "wb", COMPRESSION, out, mtime=0))
            self._archive = streams.enter_context(
                tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT, errors="surrogateescape")
            )
            header = BackupHeader(
                format=BACKUP_FORMAT,
                server_version=release(),
                schema_version=schema_version,
                created_at=format_time(now()),
            )
            self._put_shape(HEADER, header)
            yield
            self._put_shape(COMPLETE, self._chain.total())

    def save_all(self, data_dir: Path, database: Path) -> None:
        """Save the database, the keys, and all folders."""
        self.sessions = stored_sessions(database)
        self._save_file(database.parent, DATABASE_FILE, 0o600)
        for name in SAVED_FILES:
            if (data_dir / name).exists():
                self._save_file(data_dir, name)
        there = set()
        for name in SAVED_FOLDERS:
            if (data_dir / name).is_dir():
                there |= self._save_folder(data_dir, name)
        for session in self.sessions:  # one that was deleted after the database was copied comes back empty
            if f"{WORKSPACES}/{session}" not in there:
                self._put_empty_folder(f"{WORKSPACES}/{session}")

    def _save_file(self, folder: Path, name: str, mode: int | None = None) -> None:
        descriptor = os.open(folder, FOLDER_FLAGS)
        try:
            self._save_entry(descriptor, name, name, os.stat(name, dir_fd=descriptor), mode)
        finally:
            os.close(descriptor)

    def _save_folder(self, data_dir: Path, top: str) -> set[str]:
        """Save a folder with all that is in it; return the names of the folders right below it.

        Raises: TreeChanged, if a folder was moved meanwhile.
        """
        below = set()
        self._put(_described(top, (data_dir / top).stat(), tarfile.DIRTYPE))
        for entry in walk(data_dir / top):
            name = "/".join((top, *entry.folders, entry.name))
            if not entry.is_directory:
                self._save_entry(entry.parent, entry.name, name, entry.facts)
            elif not entry.is_left:
                self._put(_described(name, entry.facts, tarfile.DIRTYPE))
                if not entry.folders:
                    below.add(name)
        return below

    def _save_entry(
        self, folder: int, entry: str, name: str, facts: os.stat_result, mode: int | None = None
    ) -> None:
        try:
            if stat.S_ISLNK(facts.st_mode):
                link = _described(name, facts, tarfile.SYMTYPE)
                link.linkname = os.readlink(entry, dir_fd=folder)
                self._put(link)
            elif stat.S_ISREG(facts.st_mode):
                self._save_content(os.open(entry, SOURCE_FLAGS, dir_fd=folder), name, mode)
            else:
                self.left_out.append(name)
        except FileNotFoundError:
            return  # it was removed since its folder was read
        except OSError as failure:
            if failure.errno not in _IS_ANOTHER_NOW:
                raise
            self.left_out.append(name)

    def _save_content(self, descriptor: int, name: str, mode: int | None) -> None:
        """Copy a file first, because it may grow or shrink while it is read; then put the copy."""
        with os.fdopen(descriptor, "rb") as source, self._copy() as copy:
            facts = os.fstat(source.fileno())
            checksum = hashlib.sha256()
            while piece := source.read(FILE_PIECE_BYTES):
                checksum.update(piece)
                copy.write(piece)
            member = _described(name, facts, tarfile.REGTYPE)
            member.mode = member.mode if mode is None else mode
            member.size = copy.tell()
            member.pax_headers = {CHECKSUM: checksum.hexdigest()}
            copy.seek(0)
            self._put(member, copy)
        self.files += 1
        self.read_bytes += member.size

    def _copy(self) -> IO[bytes]:
        return tempfile.SpooledTemporaryFile(IN_MEMORY_BYTES, dir=str(self._spool))

    def _put_empty_folder(self, name: str) -> None:
        member = tarfile.TarInfo(name)
        member.type, member.mode, member.mtime = tarfile.DIRTYPE, 0o700, int(now().timestamp())
        member.uid, member.gid = os.geteuid(), os.getegid()
        self._put(member)

    def _put(self, member: tarfile.TarInfo, content: IO[bytes] | None = None) -> None:
        self._chain.add(member)
        self._archive.addfile(member, content)

    def _put_shape(self, name: str, content: Shape) -> None:
        """Put what the archive says of itself; it is not part of the chain."""
        written = orjson.dumps(content.dump())
        member = tarfile.TarInfo(name)
        member.size = len(written)
        self._archive.addfile(member, io.BytesIO(written))


def _described(name: str, facts: os.stat_result, kind: bytes) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.mode, member.mtime = kind, stat.S_IMODE(facts.st_mode), int(facts.st_mtime)
    member.uid, member.gid = facts.st_uid, facts.st_gid
    return member
