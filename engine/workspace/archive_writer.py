"""Archives of a directory tree, made in pieces, of which only one is in memory at a time."""

from __future__ import annotations

import calendar
import gzip
import os
import posixpath
import stat
import tarfile
import time
import zipfile
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Final

from roocode_server.engine.workspace.archive_extractor import ZIP_NAME_IS_UTF_8
from roocode_server.engine.workspace.file_access import SOURCE_FLAGS
from roocode_server.engine.workspace.name_spelling import marked
from roocode_server.engine.workspace.scanning import opened
from roocode_server.engine.workspace.walk import TreeEntry, walk

ARCHIVE_PIECE_BYTES: Final = 262_144
TAR_BLOCK_BYTES: Final = 512
_FIRST_OF_ZIP: Final = calendar.timegm((1980, 1, 1, 0, 0, 0))
_LAST_OF_ZIP: Final = calendar.timegm((2107, 12, 31, 23, 59, 58))
"""The range of dates in a zip archive. Source: PKWARE, APPNOTE.TXT, 4.4.6."""


class PieceSink:
    """A file object that collects what a library writes until it is taken."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self.size = 0

    def write(self, piece: bytes) -> int:
        self._pieces.append(bytes(piece))
        self.size += len(piece)
        return len(piece)

    def flush(self) -> None:
        """Nothing to flush."""

    def take(self) -> bytes:
        taken, self._pieces, self.size = b"".join(self._pieces), [], 0
        return taken


def packed_tar(root: int) -> Generator[bytes, None, None]:
    """Yield everything below the open directory as tar.gz: files, directories and symbolic links.

    Anything else is left out, and so is what vanishes meanwhile. Raises: TreeChanged, OSError.
    Source: POSIX.1-2017, pax.
    """
    sink = PieceSink()
    with gzip.GzipFile(fileobj=sink, mode="wb", mtime=0) as compressed:
        for item in archive_items(root):
            info = tar_info(item)
            compressed.write(info.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape"))
            if item.descriptor is not None:
                for piece in exactly(item.descriptor, info.size):
                    compressed.write(piece)
                    if sink.size >= ARCHIVE_PIECE_BYTES:
                        yield sink.take()
                compressed.write(bytes(-info.size % TAR_BLOCK_BYTES))
            if sink.size >= ARCHIVE_PIECE_BYTES:
                yield sink.take()
        compressed.write(bytes(2 * TAR_BLOCK_BYTES))
    yield sink.take()


def packed_zip(root: int) -> Generator[bytes, None, None]:
    """As `packed_tar`, as zip; names that are not UTF-8 are stored as bytes, which Unix programs restore."""
    sink = PieceSink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:  # type: ignore[call-overload]
        for item in archive_items(root):
            info = _zip_info(item)
            if item.descriptor is not None:
                with archive.open(info, "w", force_zip64=True) as file:
                    while piece := os.read(item.descriptor, ARCHIVE_PIECE_BYTES):
                        file.write(piece)
                        if sink.size >= ARCHIVE_PIECE_BYTES:
                            yield sink.take()
            else:
                archive.writestr(info, os.fsencode(item.target or ""))
            if sink.size >= ARCHIVE_PIECE_BYTES:
                yield sink.take()
    yield sink.take()


class _ZipInfo(zipfile.ZipInfo):
    """A member whose name may not be UTF-8; the flag is set for those that are."""

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # noqa: N802 - the library's name
        name = os.fsencode(self.filename)
        is_text = marked(self.filename).encode() == name
        return name, self.flag_bits | (0 if name.isascii() or not is_text else ZIP_NAME_IS_UTF_8)


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveItem:
    """A member of an archive: a file with its descriptor, a link with its target, or a directory."""

    path: str
    facts: os.stat_result
    descriptor: int | None = None
    target: str | None = None


def archive_items(root: int) -> Iterator[ArchiveItem]:
    """Yield everything below the open directory that an archive has; descriptors are open until the next."""
    for entry in walk(root):
        if entry.is_left:
            continue
        path = posixpath.join(*entry.folders, entry.name)
        try:
            target, descriptor = _link_target(entry), _opened_file(entry)
        except FileNotFoundError:
            continue
        if descriptor is not None:
            with opened(descriptor):
                facts = os.fstat(descriptor)
                if stat.S_ISREG(facts.st_mode):
                    yield ArchiveItem(path=path, facts=facts, descriptor=descriptor)
        elif target is not None or entry.is_directory:
            yield ArchiveItem(path=path, facts=entry.facts, target=target)


def _link_target(entry: TreeEntry) -> str | None:
    is_link = stat.S_ISLNK(entry.facts.st_mode)
    return os.readlink(entry.name, dir_fd=entry.parent) if is_link else None


def _opened_file(entry: TreeEntry) -> int | None:
    is_file = stat.S_ISREG(entry.facts.st_mode)
    return os.open(entry.name, SOURCE_FLAGS, dir_fd=entry.parent) if is_file else None


def tar_info(item: ArchiveItem) -> tarfile.TarInfo:
    """The header of a member of a tar archive."""
    info = tarfile.TarInfo(item.path)
    info.mode = stat.S_IMODE(item.facts.st_mode) & 0o777
    info.mtime = int(item.facts.st_mtime)
    if item.target is not None:
        info.type = tarfile.SYMTYPE
        info.linkname = item.target
    elif item.descriptor is None:
        info.type = tarfile.DIRTYPE
    else:
        info.size = item.facts.st_size
    return info


def _zip_info(item: ArchiveItem) -> zipfile.ZipInfo:
    moment = min(max(int(item.facts.st_mtime), _FIRST_OF_ZIP), _LAST_OF_ZIP)
    is_directory = stat.S_ISDIR(item.facts.st_mode)
    info = _ZipInfo(f"{item.path}/" if is_directory else item.path, time.gmtime(moment)[:6])
    info.external_attr = (item.facts.st_mode & 0xFFFF) << 16
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


def exactly(descriptor: int, size: int) -> Iterator[bytes]:
    """Yield the first `size` bytes of a file, padded with zeros if it has become shorter, as GNU tar does."""
    while size > 0:
        piece = os.read(descriptor, min(ARCHIVE_PIECE_BYTES, size)) or bytes(min(ARCHIVE_PIECE_BYTES, size))
        size -= len(piece)
        yield piece
