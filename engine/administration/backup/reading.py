"""Reading a backup: checked from the first byte to the last, before anything of it counts."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, Protocol

import orjson

from roocode_server.engine.administration.backup.archive import (
    BACKUP_FORMAT,
    CHECKSUM,
    COMPLETE,
    HEADER,
    SAVED_FILES,
    SAVED_FOLDERS,
    BackupHeader,
    BackupTotal,
    BackupUnusable,
    MemberChain,
)
from roocode_server.engine.sealing.sealer import SealBroken
from roocode_server.engine.sealing.stream import SEALED_STREAM_MARK, SealedReader
from roocode_server.engine.storage.data_directory import DATABASE_FILE
from roocode_server.engine.storage.schema import NewerVersion, check_version
from roocode_server.engine.workspace.file_access import FILE_PIECE_BYTES
from roocode_server.models.error import ValidationFailed

LARGEST_NOTE_BYTES: Final = 65_536
"""Of what an archive says of itself."""
_GZIP_MARK: Final = b"\x1f\x8b"
_KINDS: Final = (tarfile.DIRTYPE, tarfile.REGTYPE, tarfile.SYMTYPE)


class MemberSink(Protocol):
    """Takes the members of a backup one after the other."""

    def folder(self, member: tarfile.TarInfo) -> None:
        """A folder, before what is in it."""
        ...

    def link(self, member: tarfile.TarInfo) -> None:
        """A symbolic link."""
        ...

    def file(self, member: tarfile.TarInfo) -> AbstractContextManager[IO[bytes]]:
        """A file: where to write its content."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What was read of a backup."""

    header: BackupHeader
    total: BackupTotal


def read(source: Path, passphrase: str | None, sink: MemberSink) -> Read:
    """Hand every member of a backup to `sink`, and check all of them.

    Raises: BackupUnusable, if it is none, is damaged or cut short, was made by a newer server, or is sealed
    by another passphrase; OSError.
    """
    try:
        with source.open("rb") as file, _opened(file, passphrase, source) as archive:
            return _read(archive, sink, source)
    except SealBroken:
        raise BackupUnusable(f"{source} does not open with this passphrase, or is damaged") from None
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as failure:
        raise BackupUnusable(f"{source} is damaged, or was cut short: {failure}") from failure


@contextmanager
def _opened(file: IO[bytes], passphrase: str | None, source: Path) -> Iterator[tarfile.TarFile]:
    mark = file.read(len(SEALED_STREAM_MARK))
    file.seek(0)
    stream = file
    if mark == SEALED_STREAM_MARK:
        if passphrase is None:
            raise BackupUnusable(f"{source} is sealed by a passphrase: give it")
        stream = io.BufferedReader(SealedReader(file, passphrase), FILE_PIECE_BYTES)
    elif not mark.startswith(_GZIP_MARK):
        raise BackupUnusable(f"{source} is no backup of this server")
    with (
        gzip.GzipFile("", "rb", fileobj=stream) as packed,
        tarfile.open(fileobj=packed, mode="r|", errors="surrogateescape") as archive,
    ):
        yield archive
        while packed.read(FILE_PIECE_BYTES):  # to the end, where the stream's own checksum is
            pass


def _read(archive: tarfile.TarFile, sink: MemberSink, source: Path) -> Read:
    header, total, chain = None, None, MemberChain()
    names = _MemberNames()
    for member in archive:
        if total is not None:
            raise BackupUnusable(f"{source} is damaged: something follows its end")
        if header is None:
            header = _header(archive, member, source)
        elif member.name == COMPLETE:
            total = BackupTotal.load(orjson.loads(_note(archive, member, source)))
        else:
            names.check(member, source)
            chain.add(member)
            _hand_on(archive, member, sink, source)
    if header is None or total is None:
        raise BackupUnusable(f"{source} was cut short: its end is missing")
    if total != chain.total():
        raise BackupUnusable(f"{source} is damaged: its members are not those that were saved")
    return Read(header=header, total=total)


def _header(archive: tarfile.TarFile, member: tarfile.TarInfo, source: Path) -> BackupHeader:
    """Raises: BackupUnusable, if it is of a newer server."""
    try:
        if member.name != HEADER:
            raise ValueError(member.name)
        content = orjson.loads(_note(archive, member, source))
        number, server = int(content["format"]), str(content["serverVersion"])
        if number > BACKUP_FORMAT:
            raise BackupUnusable(
                f"{source} was made by a newer version of this server ({server}): use that one"
            )
        header = BackupHeader.load(content)
    except (ValueError, KeyError, TypeError, ValidationFailed):
        raise BackupUnusable(f"{source} is no backup of this server") from None
    try:
        check_version(header.schema_version)
    except NewerVersion:
        raise BackupUnusable(
            f"{source} was made by a newer version of this server ({header.server_version}, schema "
            f"{header.schema_version}): restore it with that one"
        ) from None
    return header


def _note(archive: tarfile.TarFile, member: tarfile.TarInfo, source: Path) -> bytes:
    content = archive.extractfile(member) if member.isreg() and member.size <= LARGEST_NOTE_BYTES else None
    if content is None:
        raise BackupUnusable(f"{source} is damaged: {member.name}")
    return content.read()


def _hand_on(archive: tarfile.TarFile, member: tarfile.TarInfo, sink: MemberSink, source: Path) -> None:
    if member.isdir():
        sink.folder(member)
    elif member.issym():
        sink.link(member)
    else:
        content, checksum = archive.extractfile(member), hashlib.sha256()
        assert content is not None  # noqa: S101 - it is a regular file
        with sink.file(member) as out:
            while piece := content.read(FILE_PIECE_BYTES):
                checksum.update(piece)
                out.write(piece)
        if checksum.hexdigest() != member.pax_headers.get(CHECKSUM):
            raise BackupUnusable(f"{source} is damaged: {member.name} is not what was saved")


class _MemberNames:
    """Lets only members pass that a backup of this server has, each in a folder that came before it."""

    def __init__(self) -> None:
        self._folders: set[str] = set()

    def check(self, member: tarfile.TarInfo, source: Path) -> None:
        """Raises: BackupUnusable."""
        top, _, below = member.name.partition("/")
        parts = member.name.split("/")
        is_known = top in SAVED_FOLDERS if below or member.isdir() else top in (*SAVED_FILES, DATABASE_FILE)
        is_plain = not {"", ".", ".."} & set(parts) and member.type in _KINDS
        has_folder = len(parts) == 1 or member.name.rpartition("/")[0] in self._folders
        if not (is_known and is_plain and has_folder):
            raise BackupUnusable(f"{source} is damaged: {member.name!r} is in no backup of this server")
        if member.isdir():
            self._folders.add(member.name)
