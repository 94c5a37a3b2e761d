"""Extraction of one archive, in a process of its own, so that a hostile archive can harm nothing else.

See engine/workspace/archive_reader.py.
"""

from __future__ import annotations

import gzip
import os
import posixpath
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from tarfile import EOFHeaderError  # type: ignore[attr-defined]
from typing import IO, Final, Self, TypeVar

from roocode_server.engine.workspace.copying import CopyBudget
from roocode_server.engine.workspace.file_access import FILE_PIECE_BYTES, FOLDER_FLAGS, NEW_FILE_FLAGS
from roocode_server.engine.workspace.openat2 import open_beneath
from roocode_server.engine.workspace.scanning import opened
from roocode_server.engine.workspace.writing import open_folder, standing_at
from roocode_server.models.error import WorkspaceLimitExceeded
from roocode_server.models.exhaustion import exhausted
from roocode_server.models.shape import LONGEST_PATH

ZIP_NAME_IS_UTF_8: Final = 0x800
MOST_HEADER_BYTES: Final = 1_048_576
EXTENDED_HEADERS: Final = (
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
)
_UNIX: Final = 3

Made = TypeVar("Made")


class ArchiveRefused(Exception):
    """The archive is broken, or contains something that is not allowed in a workspace."""


class Unpacked:
    """The content extracted so far, below the open directory `root`."""

    def __init__(self, root: int, *, room_bytes: int, most_bytes: int) -> None:
        self.files = 0
        self.size = 0
        self._root = root
        self._folder = ""
        self._parent = os.dup(root)
        self._room = CopyBudget(room_bytes)
        self._most_bytes = most_bytes

    def directory(self, name: str) -> None:
        """Create a directory."""
        path = self._take(name)
        if path:
            os.close(open_folder(self._root, path, make=True))

    def file(self, name: str, mode: int, content: IO[bytes], *, modified_ns: int | None = None) -> int:
        """Create a file, and return its inode. Raises: WorkspaceLimitExceeded."""
        parent, last = self._place(name)
        allowed = 0o755 if mode & 0o100 else 0o644
        made = self._put(last, lambda: os.open(last, NEW_FILE_FLAGS, allowed, dir_fd=parent))
        size = 0
        with opened(made) as descriptor:
            while piece := content.read(FILE_PIECE_BYTES):
                size += len(piece)
                if size > self._most_bytes:
                    raise WorkspaceLimitExceeded(
                        f"{name[:200]} exceeds the session's limit for the size of a file"
                    )
                self._room.take_bytes(len(piece))
                left = memoryview(piece)
                while left:
                    left = left[os.write(descriptor, left) :]
            if modified_ns is not None:
                os.utime(descriptor, ns=(modified_ns, modified_ns))
            inode = os.fstat(descriptor).st_ino
        self.files += 1
        self.size += size
        return inode

    def link(self, name: str, target: str) -> None:
        """Create a symbolic link. Raises: ArchiveRefused, if it leads out of the workspace."""
        parent, last = self._place(name)
        if target.startswith("/") or posixpath.normpath(posixpath.join(self._folder, target)).startswith(
            ".."
        ):
            raise ArchiveRefused(f"the link {name[:200]} leads out of the workspace")
        self._put(last, lambda: os.symlink(target, last, dir_fd=parent))
        self.files += 1

    def same_file(self, name: str, other: str) -> None:
        """Create a hard link to an earlier file. Raises: ArchiveRefused, if there is none."""
        parent, last = self._place(name)
        source, source_name = posixpath.split("/".join(_parts(other)))
        with opened(open_beneath(self._root, source, FOLDER_FLAGS)) as origin:
            facts = standing_at(origin, source_name)
            if facts is None or not stat.S_ISREG(facts.st_mode):
                raise ArchiveRefused(f"{name[:200]} is a link to something that is not a file of the archive")
            self._put(
                last,
                lambda: os.link(
                    source_name, last, src_dir_fd=origin, dst_dir_fd=parent, follow_symlinks=False
                ),
            )
        self.files += 1

    def _take(self, name: str) -> str:
        self._room.take_entry()
        return "/".join(_parts(name))

    def _place(self, name: str) -> tuple[int, str]:
        """Return the open directory for an entry, created if necessary, and the entry's name in it.

        The directory stays open, because the next entry is usually in it, too.
        """
        path = self._take(name)
        if not path:
            raise ArchiveRefused("an entry has no name")
        folder, last = posixpath.split(path)
        if folder != self._folder:
            parent = open_folder(self._root, folder, make=True)
            os.close(self._parent)
            self._folder, self._parent = folder, parent
        return self._parent, last

    def _put(self, name: str, make: Callable[[], Made]) -> Made:
        """Create something with this name in the present directory.

        A later entry of an archive replaces an earlier one with the same path.
        """
        try:
            return make()
        except FileExistsError:
            os.unlink(name, dir_fd=self._parent)
        made = make()
        os.close(self._parent)
        self._folder, self._parent = "", os.dup(self._root)  # it may have been a link on the way
        return made


def _parts(name: str) -> list[str]:
    """Split an entry's path. Raises: ArchiveRefused, if it is absolute or contains `..`."""
    if name.startswith("/") or ".." in name.split("/"):
        raise ArchiveRefused(f"{name[:200]} leads out of the workspace")
    if "\0" in name or len(name.encode(errors="surrogateescape")) > LONGEST_PATH:
        raise ArchiveRefused("the name of an entry is not a valid file name")
    return [part for part in name.split("/") if part not in ("", ".")]


class MarkedMember(tarfile.TarInfo):
    """A member of an archive with an end marker, without which a truncated archive would not be noticed, and
    whose names and attributes fit into memory.
    """

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        """Raises: ArchiveRefused, if what precedes a member is larger than any program makes it: it would be
        read as a whole.
        """
        header = super().frombuf(buf, encoding, errors)
        if header.type in EXTENDED_HEADERS and header.size > MOST_HEADER_BYTES:
            raise ArchiveRefused("the extended header of an entry is too large")
        return header

    @classmethod
    def fromtarfile(cls, tarfile: tarfile.TarFile) -> Self:
        try:
            return super().fromtarfile(tarfile)
        except EOFHeaderError:
            tarfile.has_end = True  # type: ignore[attr-defined]
            raise


def unpack_tar(archive: IO[bytes], out: Unpacked) -> None:
    """Unpack a tar.gz archive. Concatenated gzip members are one stream, and each is checked."""
    with (
        gzip.GzipFile(fileobj=archive) as whole,
        tarfile.open(fileobj=whole, mode="r|", tarinfo=MarkedMember) as members,
    ):
        for member in members:
            if member.isdir():
                out.directory(member.name)
            elif member.issym():
                out.link(member.name, member.linkname)
            elif member.islnk():
                out.same_file(member.name, member.linkname)
            elif member.isreg() and (content := members.extractfile(member)) is not None:
                out.file(member.name, member.mode, content)
            else:
                raise ArchiveRefused(f"{member.name[:200]} is neither a file, a link nor a directory")
        if not getattr(members, "has_end", False):
            raise ArchiveRefused("it is incomplete")
        while whole.read(FILE_PIECE_BYTES):
            pass  # read the padding after the end, so that the checksum behind it is verified


def unpack_zip(archive: IO[bytes], out: Unpacked) -> None:
    """Unpack a zip archive."""
    with zipfile.ZipFile(archive) as members:
        for member in members.infolist():
            mode = member.external_attr >> 16
            name = _name(member)
            if member.is_dir():
                out.directory(name)
            elif stat.S_ISLNK(mode):
                with members.open(member) as content:
                    out.link(name, os.fsdecode(content.read(LONGEST_PATH + 1)))
            elif stat.S_IFMT(mode) in (0, stat.S_IFREG):
                with members.open(member) as content:
                    out.file(name, mode, content)
            else:
                raise ArchiveRefused(f"{name[:200]} is neither a file, a link nor a directory")


def _name(member: zipfile.ZipInfo) -> str:
    """Return the name of a member.

    Many programs write UTF-8 without setting the flag, and on Unix any bytes that a name has.
    """
    if member.flag_bits & ZIP_NAME_IS_UTF_8:
        return member.filename
    try:
        name = member.filename.encode("cp437")
        return name.decode(errors="surrogateescape" if member.create_system == _UNIX else "strict")
    except UnicodeError:
        return member.filename


FORMATS: Final = {"tar.gz": unpack_tar, "zip": unpack_zip}
BROKEN_ARCHIVE: Final = (
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    ArithmeticError,
    AttributeError,
    TypeError,
    EOFError,
    ValueError,
    KeyError,
    IndexError,
    NotImplementedError,
    RuntimeError,
    OSError,
)
STOPS_EXTRACTION: Final = (WorkspaceLimitExceeded, ArchiveRefused, *BROKEN_ARCHIVE)


def why_stopped(stopped: BaseException, damaged: str) -> dict[str, object]:
    """How one of `STOPS_EXTRACTION` is told to the process that asked, for `check_extracted`; `damaged` is
    said of an archive that cannot be read.
    """
    if isinstance(stopped, WorkspaceLimitExceeded):
        return {"no_room": stopped.message}
    if isinstance(stopped, ArchiveRefused):
        return {"refused": str(stopped)}
    overload = exhausted(stopped)
    if overload is not None:
        return {"overload": overload.message}
    is_plain = isinstance(stopped, gzip.BadGzipFile) and str(stopped).startswith("Not a gzipped file")
    return {"refused": f"{damaged}: {'it is not compressed by gzip' if is_plain else stopped}"}


def extract(kind: str, room_bytes: int, most_bytes: int, archive: int, folder: int) -> dict[str, object]:
    """Extract an open archive into an open, empty directory.

    Returns the number of `files` and their `size` in bytes; or what stopped it (`refused`, `no_room` or
    `overload`) with the reason.
    """
    os.umask(0)
    out = Unpacked(folder, room_bytes=room_bytes, most_bytes=most_bytes)
    try:
        with open(archive, "rb") as file:
            FORMATS[kind](file, out)
    except STOPS_EXTRACTION as stopped:
        return why_stopped(stopped, f"not an archive that can be unpacked as {kind}")
    return {"files": out.files, "size": out.size}
