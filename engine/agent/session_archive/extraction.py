"""Extraction of one archive of a session, in a process of its own: it may be hostile.

See engine/agent/session_archive/importing.py.
"""

from __future__ import annotations

import dataclasses
import gzip
import os
import tarfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import IO, Any, Final

import orjson

from roocode_server.engine.agent.session_archive.checks import (
    MOST_ROW_BYTES,
    SESSION_ID,
    TABLES,
    RowChecks,
)
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
from roocode_server.engine.workspace.archive_extractor import (
    STOPS_EXTRACTION,
    ArchiveRefused,
    MarkedMember,
    Unpacked,
    why_stopped,
)
from roocode_server.engine.workspace.exchange import CONTENT
from roocode_server.engine.workspace.file_access import FILE_PIECE_BYTES, FOLDER_FLAGS, NEW_FILE_FLAGS
from roocode_server.engine.workspace.scanning import opened
from roocode_server.models.error import ValidationFailed, WorkspaceLimitExceeded
from roocode_server.models.session import ResourceLimits, ResourceLimitsChange, SessionConfigChange

MOST_MANIFEST_BYTES: Final = 16_777_216


class _Digesting:
    """The content of a member, which is taken into account as it is read."""

    def __init__(self, content: IO[bytes], digest: MemberDigest) -> None:
        self._content = content
        self._digest = digest

    def read(self, size: int = -1) -> bytes:
        piece = self._content.read(size)
        self._digest.update(piece)
        return piece

    def readline(self, size: int = -1) -> bytes:
        piece = self._content.readline(size)
        self._digest.update(piece)
        return piece


class _Extraction:
    """What was extracted so far, below the open directory `stage`."""

    def __init__(
        self, stage: int, content: int, durable: Collection[str], limits: ResourceLimits, rows_bytes: int
    ) -> None:
        self._durable = durable
        self.manifest: SessionManifest | None = None
        self.files: Unpacked | None = None
        self.inodes: dict[int, int] = {}
        self.checks: RowChecks | None = None
        self._stage = stage
        self._content = content
        self._limits = limits
        self._left_bytes = rows_bytes
        self._tables = list(TABLES)
        self._is_complete = False
        self._digest = MemberDigest()

    def add(self, member: tarfile.TarInfo, content: IO[bytes] | None) -> None:
        """Take the next member. Raises: ArchiveRefused, WorkspaceLimitExceeded."""
        if self._is_complete:
            raise ArchiveRefused("there is more behind its end")
        checksum = self._digest.checksum
        self._digest.add(member.name, _kind(member), member.size, member.linkname)
        read: Any = None if content is None else _Digesting(content, self._digest)
        name = member.name
        if name == MANIFEST_MEMBER and self.manifest is None:
            self._read_manifest(member, read)
        elif self.manifest is None:
            raise ArchiveRefused("it does not begin with its manifest, so it is no archive of a session")
        elif name.startswith(FILES_MEMBERS):
            self._add_file(member, name.removeprefix(FILES_MEMBERS), read)
        elif read is None or not member.isreg():
            raise ArchiveRefused(f"{name[:200]} is not a file")
        elif name == CHECKPOINTS_MEMBER:
            self._copy(name, member, read)
        elif name == COMPLETE_MEMBER:
            self._complete(checksum, member, read)
        else:
            self._add_rows(member, read)

    def finish(self) -> dict[str, Any]:
        """Return what there is. Raises: ArchiveRefused, if it is incomplete."""
        if self.manifest is None or self.checks is None or not self._is_complete:
            raise ArchiveRefused("it is incomplete")
        self.checks.finish()
        return {
            "manifest": self.manifest.dump(),
            "ids": [each for ids in self.checks.ids.values() for each in ids],
            "inodes": list(self.inodes.items()),
        }

    def _read_manifest(self, member: tarfile.TarInfo, content: IO[bytes]) -> None:
        read = orjson.loads(_small(member, content))
        number = read.get("format") if isinstance(read, dict) else None
        if type(number) is not int or number < 1:
            raise ArchiveRefused("its manifest names no format")
        if number > SESSION_ARCHIVE_FORMAT:
            raise ArchiveRefused(
                f"its format {number} is newer than this server, which reads up to {SESSION_ARCHIVE_FORMAT}"
            )
        try:
            self.manifest = SessionManifest.load(read)
        except ValidationFailed:
            raise ArchiveRefused("its manifest is wrong") from None
        if not SESSION_ID.fullmatch(self.manifest.session_id):
            raise ArchiveRefused("its manifest names no session")
        limits = self._limits_of(self.manifest)
        self.files = Unpacked(
            self._content, room_bytes=limits.max_disk_bytes, most_bytes=limits.max_file_bytes
        )
        self.checks = RowChecks(self.manifest, self._durable)

    def _limits_of(self, manifest: SessionManifest) -> ResourceLimits:
        """The limits of the session, which are those of a new one where it has none of its own."""
        try:
            wanted = SessionConfigChange.load(manifest.config).resource_limits
        except ValidationFailed:
            raise ArchiveRefused("its configuration is wrong") from None
        if not isinstance(wanted, ResourceLimitsChange):
            return self._limits
        own = {each.name: getattr(wanted, each.name) for each in dataclasses.fields(wanted)}
        given = {name: number for name, number in own.items() if isinstance(number, int)}
        return dataclasses.replace(self._limits, **given)

    def _add_file(self, member: tarfile.TarInfo, name: str, content: IO[bytes] | None) -> None:
        assert self.files is not None  # noqa: S101 - there is a manifest
        if member.isdir():
            self.files.directory(name)
        elif member.issym():
            self.files.link(name, member.linkname)
        elif member.islnk():
            self.files.same_file(name, member.linkname.removeprefix(FILES_MEMBERS))
        elif member.isreg() and content is not None:
            inode = self.files.file(name, member.mode, content, modified_ns=_modified_ns(member))
            former = member.pax_headers.get(INODE_HEADER, "")
            if former.isascii() and former.isdigit() and len(former) < 20:
                self.inodes[int(former)] = inode
        else:
            raise ArchiveRefused(f"{name[:200]} is neither a file, a link nor a directory")

    def _add_rows(self, member: tarfile.TarInfo, content: IO[bytes]) -> None:
        name = member.name.removeprefix(ROWS_MEMBERS).removesuffix(LINES)
        if member.name != f"{ROWS_MEMBERS}{name}{LINES}" or name not in TABLES:
            raise ArchiveRefused(f"{member.name[:200]} is unknown to this version")
        if name not in self._tables:
            raise ArchiveRefused(f"{member.name[:200]} is not in its place")
        del self._tables[: self._tables.index(name) + 1]
        self._take(member.size)
        assert self.checks is not None  # noqa: S101 - there is a manifest
        with self._file(f"{name}{LINES}") as file:
            for row in self.checks.rows(name, content):
                file.write(orjson.dumps(row) + b"\n")

    def _copy(self, name: str, member: tarfile.TarInfo, content: IO[bytes]) -> None:
        self._take(member.size)
        with self._file(name) as file:
            while piece := content.read(FILE_PIECE_BYTES):
                file.write(piece)

    def _complete(self, checksum: str, member: tarfile.TarInfo, content: IO[bytes]) -> None:
        told = orjson.loads(_small(member, content))
        if not isinstance(told, dict) or told.get("checksum") != checksum:
            raise ArchiveRefused("its checksum does not fit: it is damaged")
        self._is_complete = True

    def _take(self, size: int) -> None:
        self._left_bytes -= size
        if self._left_bytes < 0:
            raise WorkspaceLimitExceeded("The archive has more than this server takes in of a session")

    @contextmanager
    def _file(self, name: str) -> Iterator[IO[bytes]]:
        try:
            descriptor = os.open(name, NEW_FILE_FLAGS, 0o600, dir_fd=self._stage)
        except FileExistsError:
            raise ArchiveRefused(f"{name} is in it twice") from None
        with os.fdopen(descriptor, "wb") as file:
            yield file


def extract_session(
    limits: ResourceLimits, rows_bytes: int, durable: Collection[str], archive: int, stage: int
) -> dict[str, Any]:
    """Extract an open archive into the open, empty directory `stage`: `CONTENT` is the workspace, and beside
    it are the rows of each table and the bundle.

    `limits` are those of a session that names none, `durable` the names of the events that logs have. Returns
    the `manifest`, the `ids` of the rows and pairs of `inodes`; or what stopped it (`refused`, `no_room` or
    `overload`) with the reason.
    """
    os.umask(0)
    os.mkdir(CONTENT, 0o700, dir_fd=stage)
    try:
        with opened(os.open(CONTENT, FOLDER_FLAGS, dir_fd=stage)) as content, open(archive, "rb") as file:
            extraction = _Extraction(stage, content, durable, limits, rows_bytes)
            _read(file, extraction)
            return extraction.finish()
    except STOPS_EXTRACTION as stopped:
        return why_stopped(stopped, "it cannot be unpacked")


def _read(file: IO[bytes], extraction: _Extraction) -> None:
    with (
        gzip.GzipFile(fileobj=file) as whole,
        tarfile.open(fileobj=whole, mode="r|", tarinfo=MarkedMember) as members,
    ):
        for member in members:
            if member.issparse():
                raise ArchiveRefused(f"{member.name[:200]} has holes")
            extraction.add(member, members.extractfile(member) if member.isreg() else None)
            members.members.clear()  # type: ignore[attr-defined]  # it would keep all of them
        if not getattr(members, "has_end", False):
            raise ArchiveRefused("it is incomplete")
        while whole.read(FILE_PIECE_BYTES):
            pass  # read the padding after the end, so that the checksum behind it is verified


def _kind(member: tarfile.TarInfo) -> bytes:
    return tarfile.REGTYPE if member.type == tarfile.AREGTYPE else member.type


def _small(member: tarfile.TarInfo, content: IO[bytes]) -> bytes:
    if content is None or member.size > min(MOST_MANIFEST_BYTES, MOST_ROW_BYTES):
        raise ArchiveRefused(f"{member.name} is too large, or no file")
    return content.read()


def _modified_ns(member: tarfile.TarInfo) -> int | None:
    """The time of the last change, exactly; None if there is none that fits."""
    seconds, _, rest = member.pax_headers.get("mtime", "").partition(".")
    if not (seconds.isascii() and seconds.isdigit() and len(seconds) < 11):
        return None
    return int(seconds) * 10**9 + (int(rest.ljust(9, "0")[:9]) if rest.isascii() and rest.isdigit() else 0)
