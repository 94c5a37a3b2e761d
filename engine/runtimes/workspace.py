"""A session's files, reached by descriptor so that no path leads out of the workspace."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import errno
import os
import posixpath
import secrets
import shutil
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from engine.runtimes.beneath import open_beneath
from models.clock import UTC
from models.error import Conflict, InvalidField, NotFound, PayloadTooLarge, WorkspaceLimitExceeded
from models.file import DirectoryEntry, FileEntry

Result = TypeVar("Result")

LONGEST_PATH: Final = 4096
TEMPORARY: Final = ".roo-"
"""How the files begin that a write makes before it takes the place of the old one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileBytes:
    """A file's content and what is known of it; `path` is absolute within the workspace."""

    path: str
    content: bytes
    modified_at: datetime.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What a directory holds, each sorted by path; `is_truncated` says that there is more."""

    directories: Sequence[DirectoryEntry]
    files: Sequence[FileEntry]
    is_truncated: bool


class Workspace:
    """The folder of one session. Every path is the caller's: relative, or absolute within the workspace.

    All work is done in threads. Methods raise: NotFound, for what is not there; InvalidField (`path`), for a
    path with NUL or one that leaves the workspace by `..` or by a link; Conflict, for what is of the wrong
    kind; PayloadTooLarge and WorkspaceLimitExceeded.
    """

    def __init__(self, folder: Path, *, max_file_bytes: int) -> None:
        self.folder = folder
        self._max_file_bytes = max_file_bytes

    def canonical(self, path: str) -> str:
        """The path as absolute within the workspace, `.` and double slashes taken out: `/src/a.py`.

        A path as the session's commands see it (`/workspaces/<id>/src/a.py`) means the same. `..` is left to
        the kernel when the path is opened, because links make any other reading wrong; here it is folded for
        people. Raises: InvalidField.
        """
        return posixpath.normpath("/" + self._relative(path))

    async def make(self) -> None:
        """Make the folder, for this server's user alone."""
        await asyncio.to_thread(self.folder.mkdir, mode=0o700, parents=True, exist_ok=True)

    async def remove(self) -> None:
        """Remove the folder with all that is in it; links are removed, not followed."""
        await asyncio.to_thread(_remove_tree, self.folder)

    async def read(self, path: str) -> FileBytes:
        """A regular file's content."""
        return await self._on(path, self._read)

    async def create(self, path: str, content: bytes) -> FileEntry:
        """A new file, with the directories above it. Raises: Conflict, if it exists."""
        return await self._on(path, lambda root, name: self._write(root, name, content, "create"))

    async def update(self, path: str, content: bytes) -> FileEntry:
        """New content for a file that exists; its mode is kept. Raises: NotFound."""
        return await self._on(path, lambda root, name: self._write(root, name, content, "update"))

    async def put(self, path: str, content: bytes) -> FileEntry:
        """A file with this content, whether it existed or not."""
        return await self._on(path, lambda root, name: self._write(root, name, content, "put"))

    async def delete(self, path: str) -> None:
        """Remove a file, a link, or an empty directory."""
        await self._on(path, _delete)

    async def stat(self, path: str) -> FileEntry | None:
        """What is known of a file or directory (`type` says which); None if there is neither."""
        try:
            return await self._on(path, self._stat)
        except NotFound:
            return None

    async def list(
        self,
        path: str = "",
        *,
        recursive: bool = False,
        include_hidden: bool = False,
        max_entries: int = 10_000,
    ) -> Listing:
        """What a directory holds. Links are shown as what they lead to, and left out if they lead outside;
        linked directories are shown, not walked."""
        lister = _Lister(recursive=recursive, include_hidden=include_hidden, max_entries=max_entries)
        return await self._on(path, lister.list)

    async def disk_bytes(self) -> int:
        """What the workspace takes on disk; links are counted, not followed."""
        return await asyncio.to_thread(lambda: sum(_sizes(self.folder)))

    async def _on(self, path: str, work: Callable[[int, str], Result]) -> Result:
        """Do something with a path below the open workspace, in a thread; refusals are translated."""
        relative = self._relative(path)

        def run() -> Result:
            with _opened(os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)) as root:
                return work(root, relative)

        try:
            return await asyncio.to_thread(run)
        except OSError as failure:
            raise _translate(failure, path) from failure

    def _relative(self, path: str) -> str:
        if "\0" in path:
            raise InvalidField("path", "A path has no NUL in it.")
        try:
            encoded = path.encode()
        except UnicodeEncodeError:
            raise InvalidField("path", "Not valid text: it has lone surrogates.") from None
        if len(encoded) > LONGEST_PATH:
            raise InvalidField("path", f"Longer than {LONGEST_PATH} bytes.")
        mount = f"/workspaces/{self.folder.name}"
        if path == mount or path.startswith(mount + "/"):
            path = path[len(mount) :]
        parts = [part for part in path.split("/") if part not in ("", ".")]
        return "/".join(parts)

    def _read(self, root: int, path: str) -> FileBytes:
        with _opened(open_beneath(root, path, os.O_RDONLY | os.O_NONBLOCK)) as descriptor:
            facts = os.fstat(descriptor)
            _check_regular(facts)
            if facts.st_size > self._max_file_bytes:
                raise PayloadTooLarge(self._max_file_bytes)
            with open(descriptor, "rb", closefd=False) as file:
                content = file.read(self._max_file_bytes + 1)
            if len(content) > self._max_file_bytes:
                raise PayloadTooLarge(self._max_file_bytes)
            return FileBytes(path=_shown(path), content=content, modified_at=_time(facts))

    def _stat(self, root: int, path: str) -> FileEntry:
        with _opened(open_beneath(root, path, os.O_PATH)) as descriptor:
            facts = os.fstat(descriptor)
            if not (stat.S_ISREG(facts.st_mode) or stat.S_ISDIR(facts.st_mode)):
                raise NotFound("file", path)
            return _entry(path, facts)

    def _write(self, root: int, path: str, content: bytes, how: str) -> FileEntry:
        if len(content) > self._max_file_bytes:
            raise PayloadTooLarge(self._max_file_bytes)
        target = _link_target(root, path)
        folder, name = posixpath.split(target)
        if name in ("", ".."):
            raise Conflict("This is a directory", path=_shown(path))
        with _opened(_open_folder(root, folder, make=how != "update")) as parent:
            standing = _standing(parent, name)
            if standing is None and how == "update":
                raise NotFound("file", _shown(path))
            if standing is not None and (how == "create" or not stat.S_ISREG(standing.st_mode)):
                raise Conflict("There is something at this path already", path=_shown(path))
            mode = stat.S_IMODE(standing.st_mode) if standing else 0o644
            facts = _replace(parent, name, content, mode, exclusive=how == "create")
        return _entry(path, facts)


class _Lister:
    """One listing."""

    def __init__(self, *, recursive: bool, include_hidden: bool, max_entries: int) -> None:
        self._recursive = recursive
        self._include_hidden = include_hidden
        self._left = max_entries
        self._directories: list[DirectoryEntry] = []
        self._files: list[FileEntry] = []

    def list(self, root: int, path: str) -> Listing:
        self._walk(root, path)
        return Listing(
            directories=sorted(self._directories, key=lambda entry: entry.path),
            files=sorted(self._files, key=lambda entry: entry.path),
            is_truncated=self._left < 0,
        )

    def _walk(self, root: int, path: str) -> None:
        pending = [path]
        while pending and self._left >= 0:
            place = pending.pop()
            with _opened(open_beneath(root, place, os.O_RDONLY | os.O_DIRECTORY)) as descriptor:
                for name in sorted(os.listdir(descriptor)):
                    within = self._add(root, descriptor, posixpath.join(place, name), name)
                    if within is not None and self._recursive:
                        pending.append(within)

    def _add(self, root: int, folder: int, path: str, name: str) -> str | None:
        """Note one entry; the path of a directory that is to be walked."""
        if not self._is_shown(name):
            return None
        try:
            is_link = stat.S_ISLNK(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
            with _opened(open_beneath(root, path, os.O_PATH)) as descriptor:
                facts = os.fstat(descriptor)
                if stat.S_ISDIR(facts.st_mode):
                    self._count()
                    self._directories.append(self._directory(root, path, name))
                    return None if is_link else path
        except OSError:
            # It vanished in this moment, or is a link that leads nowhere or outside.
            return None
        if stat.S_ISREG(facts.st_mode):
            self._count()
            self._files.append(_entry(path, facts))
        return None

    def _directory(self, root: int, path: str, name: str) -> DirectoryEntry:
        with _opened(open_beneath(root, path, os.O_RDONLY | os.O_DIRECTORY)) as descriptor:
            children = sum(self._is_shown(child) for child in os.listdir(descriptor))
        return DirectoryEntry(name=_text(name), path=_shown(path), type="directory", child_count=children)

    def _is_shown(self, name: str) -> bool:
        return not name.startswith(TEMPORARY) and (self._include_hidden or not name.startswith("."))

    def _count(self) -> None:
        self._left -= 1


@contextlib.contextmanager
def _opened(descriptor: int) -> Iterator[int]:
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _link_target(root: int, path: str) -> str:
    """Where a write to `path` goes: through a link to what it leads to, so that the link stays."""
    try:
        with _opened(open_beneath(root, path, os.O_PATH)) as descriptor:
            inside = os.readlink(f"/proc/self/fd/{descriptor}")
            top = os.readlink(f"/proc/self/fd/{root}")
            return inside[len(top) :].lstrip("/")
    except FileNotFoundError:
        return path


def _open_folder(root: int, path: str, *, make: bool) -> int:
    """A descriptor of a directory; made step by step below the workspace where it is missing."""
    try:
        return open_beneath(root, path, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:
        if not make:
            raise
    above, name = posixpath.split(path)
    with _opened(_open_folder(root, above, make=True)) as parent:
        with contextlib.suppress(FileExistsError):
            os.mkdir(name, 0o755, dir_fd=parent)
        return open_beneath(parent, name, os.O_RDONLY | os.O_DIRECTORY)


def _standing(parent: int, name: str) -> os.stat_result | None:
    try:
        return os.stat(name, dir_fd=parent, follow_symlinks=False)
    except FileNotFoundError:
        return None


def _replace(parent: int, name: str, content: bytes, mode: int, *, exclusive: bool) -> os.stat_result:
    """Write beside, then take the place at once: a reader sees the old content or the new, never a part."""
    temporary = f"{TEMPORARY}{secrets.token_hex(8)}"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with _opened(os.open(temporary, flags, mode, dir_fd=parent)) as descriptor:
        try:
            with open(descriptor, "wb", closefd=False) as file:
                file.write(content)
            os.fchmod(descriptor, mode)
            if exclusive:
                os.link(temporary, name, src_dir_fd=parent, dst_dir_fd=parent)
                os.unlink(temporary, dir_fd=parent)
            else:
                os.replace(temporary, name, src_dir_fd=parent, dst_dir_fd=parent)
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary, dir_fd=parent)
            raise
        return os.fstat(descriptor)


def _delete(root: int, path: str) -> None:
    folder, name = posixpath.split(path)
    if name in ("", ".."):
        raise Conflict("A directory above everything else cannot be deleted")
    with _opened(open_beneath(root, folder, os.O_RDONLY | os.O_DIRECTORY)) as parent:
        facts = os.stat(name, dir_fd=parent, follow_symlinks=False)
        if stat.S_ISDIR(facts.st_mode):
            os.rmdir(name, dir_fd=parent)
        else:
            os.unlink(name, dir_fd=parent)


def _check_regular(facts: os.stat_result) -> None:
    if stat.S_ISDIR(facts.st_mode):
        raise Conflict("This is a directory, not a file")
    if not stat.S_ISREG(facts.st_mode):
        raise Conflict("This is not a regular file")


def _translate(failure: OSError, path: str) -> Exception:
    """The kernel's refusal in the words of callers."""
    shown = path[:200]
    match failure.errno:
        case errno.ENOENT:
            return NotFound("file", shown)
        case errno.EXDEV | errno.ELOOP:
            return InvalidField("path", "The path leaves the workspace.")
        case errno.ENAMETOOLONG:
            return InvalidField("path", "A name in the path is too long.")
        case errno.EEXIST:
            return Conflict("There is something at this path already", path=shown)
        case errno.ENOTEMPTY:
            return Conflict("The directory is not empty", path=shown)
        case errno.ENOTDIR:
            return Conflict("A part of the path is a file, not a directory", path=shown)
        case errno.EISDIR | errno.ENXIO | errno.EACCES | errno.EPERM | errno.EBUSY:
            return Conflict("This cannot be done with what is at this path", path=shown)
        case errno.ENOSPC | errno.EDQUOT | errno.EFBIG:
            return WorkspaceLimitExceeded("There is no room for this file", path=shown)
        case _:
            return failure


def _entry(path: str, facts: os.stat_result) -> FileEntry:
    return FileEntry(
        name=_text(posixpath.basename(path)),
        path=_shown(path),
        type="directory" if stat.S_ISDIR(facts.st_mode) else "file",
        size=facts.st_size,
        modified_at=_time(facts),
    )


def _shown(path: str) -> str:
    return _text(posixpath.normpath("/" + path))


def _text(name: str) -> str:
    """A name that is no UTF-8 is shown with marks in its place; it cannot be opened by what is shown."""
    return name.encode(errors="surrogateescape").decode(errors="replace")


def _time(facts: os.stat_result) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(facts.st_mtime, UTC)


def _sizes(folder: Path) -> Iterator[int]:
    for _, folders, names, descriptor in os.fwalk(folder, follow_symlinks=False):
        for name in (*folders, *names):
            with contextlib.suppress(FileNotFoundError):
                yield os.stat(name, dir_fd=descriptor, follow_symlinks=False).st_blocks * 512


def _remove_tree(folder: Path) -> None:
    def make_writable_and_retry(remove: Callable[..., object], path: str, _: object) -> None:
        os.chmod(posixpath.dirname(path), 0o700)
        with contextlib.suppress(FileNotFoundError):
            remove(path)

    if folder.exists():
        shutil.rmtree(folder, onerror=make_writable_and_retry)
