"""Restoring a backup into an empty data directory, and checking one without restoring it."""

from __future__ import annotations

import io
import os
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO, Final

from roocode_server.engine.administration.backup.archive import BackupUnusable
from roocode_server.engine.administration.backup.reading import Read, read
from roocode_server.engine.storage.data_directory import DATABASE_FILE
from roocode_server.engine.storage.ownership import LOCK_FILE, Ownership
from roocode_server.engine.workspace.file_access import FOLDER_FLAGS, NEW_FILE_FLAGS
from roocode_server.engine.workspace.walk import remove_tree

DRAFT_PREFIX: Final = ".restoring-"
"""The beginning of the name of the folder in which a restore is prepared; one that was killed leaves it."""


def restore(source: Path, data_dir: Path, passphrase: str | None) -> Read:
    """Restore a backup into a folder that is empty or not there yet; nothing is in it if that fails.

    Everything is read and checked in a folder of its own in it, and only then moved to its place, the
    database last. Raises: BackupUnusable, if the folder is not empty, and as `read`; DirectoryInUse; OSError.
    """
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    ownership = Ownership(data_dir)
    try:
        return _restored(source, data_dir, passphrase)
    finally:
        (data_dir / LOCK_FILE).unlink()
        ownership.give_up()


def check(source: Path, passphrase: str | None) -> Read:
    """Read a backup to its end and check all of it. Raises: BackupUnusable; OSError."""
    return read(source, passphrase, _NothingKept())


def _restored(source: Path, data_dir: Path, passphrase: str | None) -> Read:
    for entry in sorted(data_dir.iterdir()):
        if entry.name.startswith(DRAFT_PREFIX):
            remove_tree(entry)
        elif entry.name != LOCK_FILE:
            raise BackupUnusable(
                f"{data_dir} is not empty ({entry.name}): a backup is restored into an empty folder alone"
            )
    draft = Path(tempfile.mkdtemp(prefix=DRAFT_PREFIX, dir=data_dir))
    try:
        with closing(_RestoredFolder(draft)) as sink:
            found = read(source, passphrase, sink)
            sink.finish()
        if not (draft / DATABASE_FILE).is_file():
            raise BackupUnusable(f"{source} is damaged: it has no database")
        for entry in sorted(draft.iterdir(), key=lambda each: each.name == DATABASE_FILE):
            entry.rename(data_dir / entry.name)
    finally:
        remove_tree(draft)
    os.sync()
    return found


class _NothingKept:
    """Takes the members of a backup and keeps nothing."""

    def folder(self, member: tarfile.TarInfo) -> None:
        """Nothing."""

    def link(self, member: tarfile.TarInfo) -> None:
        """Nothing."""

    def file(self, member: tarfile.TarInfo) -> IO[bytes]:
        """Somewhere to write to; it is thrown away."""
        return _Discarded()


class _Discarded(io.BytesIO):
    def write(self, content: bytes) -> int:  # type: ignore[override]
        return len(content)


class _RestoredFolder:
    """Makes the members of a backup in a new folder, with modes and times and, as root, owners.

    The folder is new and nobody else's, and each member lies in a folder that was made here before it: no
    link can lead elsewhere. Folders are entered one by one, because a path may be longer than the kernel
    takes.
    """

    def __init__(self, place: Path) -> None:
        self._place = place
        self._folders: list[tarfile.TarInfo] = []
        self._parent = os.open(place, FOLDER_FLAGS)
        self._parent_name = ""

    def folder(self, member: tarfile.TarInfo) -> None:
        """Make a folder; it gets its mode when everything is in it."""
        os.mkdir(_base(member), 0o700, dir_fd=self._entered(member))
        self._folders.append(member)

    def link(self, member: tarfile.TarInfo) -> None:
        """Make a symbolic link."""
        parent = self._entered(member)
        os.symlink(member.linkname, _base(member), dir_fd=parent)
        if os.geteuid() == 0:
            os.chown(_base(member), member.uid, member.gid, dir_fd=parent, follow_symlinks=False)

    @contextmanager
    def file(self, member: tarfile.TarInfo) -> Iterator[IO[bytes]]:
        """Make a file and give it to the block, then its mode and time."""
        descriptor = os.open(_base(member), NEW_FILE_FLAGS, 0o600, dir_fd=self._entered(member))
        with os.fdopen(descriptor, "wb") as out:
            yield out
            out.flush()
            _dress(out.fileno(), member)

    def finish(self) -> None:
        """Give folders their modes and times, the deepest first."""
        for member in reversed(self._folders):
            descriptor = os.open(_base(member), FOLDER_FLAGS, dir_fd=self._entered(member))
            try:
                _dress(descriptor, member)
            finally:
                os.close(descriptor)

    def close(self) -> None:
        """Close the folder that is open."""
        os.close(self._parent)

    def _entered(self, member: tarfile.TarInfo) -> int:
        """Return the descriptor of the folder that a member is in; it is open until the next call."""
        name = member.name.rpartition("/")[0]
        if name != self._parent_name:
            descriptor = os.open(self._place, FOLDER_FLAGS)
            for part in filter(None, name.split("/")):
                below = os.open(part, FOLDER_FLAGS, dir_fd=descriptor)
                os.close(descriptor)
                descriptor = below
            os.close(self._parent)
            self._parent, self._parent_name = descriptor, name
        return self._parent


def _base(member: tarfile.TarInfo) -> str:
    return member.name.rpartition("/")[2]


def _dress(descriptor: int, member: tarfile.TarInfo) -> None:
    if os.geteuid() == 0:
        os.fchown(descriptor, member.uid, member.gid)
    os.fchmod(descriptor, member.mode)
    os.utime(descriptor, (member.mtime, member.mtime))
