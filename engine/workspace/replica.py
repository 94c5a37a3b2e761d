"""Copies of whole directory trees that share nothing with the original, made in a process of its own.

Where the file system can share content between files until one of them is written (Btrfs, XFS), it does;
otherwise the content is copied by the kernel, and holes stay holes. Files that are one file under several
names in the original are one in the copy, too. Source: ioctl_ficlone(2), copy_file_range(2).
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from collections.abc import Mapping, Sequence
from typing import Final

from roocode_server.engine.concurrency.worker import Exhausted, run_in_worker
from roocode_server.engine.workspace.file_access import FOLDER_ITSELF_FLAGS, NEW_FILE_FLAGS, SOURCE_FLAGS
from roocode_server.engine.workspace.openat2 import open_beneath
from roocode_server.engine.workspace.scanning import opened
from roocode_server.engine.workspace.walk import TreeEntry, walk
from roocode_server.models.error import ServerOverload

REPLICA_CPU_S: Final = 1800
REPLICA_TIMEOUT_S: Final = 7200.0
_SHARE: Final = 0x40049409
"""`FICLONE` of Linux."""
_COPY_BYTES: Final = 2**30
_NOT_SHARED: Final = (errno.EOPNOTSUPP, errno.EXDEV, errno.ENOTTY, errno.EINVAL, errno.ENOSYS, errno.EPERM)

Inodes = Mapping[int, int]
"""From the inode of each file of the original to that of its copy."""


async def replicate(source: int, target: int, *, owner: str, moved: tuple[str, str] = ("", "")) -> Inodes:
    """Copy everything in the open directory `source` into the empty open directory `target`.

    `owner` is for whom this is. Links to what is below the first path of `moved` lead below the second one in
    the copy. What is neither a file, a link nor a directory is left out. Raises: OSError; ServerOverload, if
    it takes too long.
    """
    try:
        pairs: Sequence[tuple[int, int]] = await run_in_worker(
            replicated,
            moved,
            owner=owner,
            cpu_s=REPLICA_CPU_S,
            patience_s=REPLICA_TIMEOUT_S,
            descriptors=(source, target),
            is_long=True,
        )
    except Exhausted as failure:
        raise ServerOverload("Copying the files takes too long; try again later") from failure
    return dict(pairs)


def replicated(moved: tuple[str, str], source: int, target: int) -> list[tuple[int, int]]:
    """As `replicate`, in this process; returns the pairs of inodes. Raises: OSError."""
    os.umask(0)
    replica = _Replica(source, target, moved)
    for entry in walk(source):
        replica.add(entry)
    replica.finish()
    return list(replica.inodes.items())


class _Replica:
    """The copy. It holds one descriptor, that of the directory that is being filled, as the walk does."""

    def __init__(self, source: int, target: int, moved: tuple[str, str]) -> None:
        self.inodes: dict[int, int] = {}
        self._root = target
        self._here = os.dup(target)
        self._facts = [os.fstat(source)]
        self._former, self._latter = moved
        self._names: dict[int, tuple[str, str]] = {}
        """The folder and name in the copy of each file with several names."""
        self._can_share = True

    def add(self, entry: TreeEntry) -> None:
        """Copy the entry of a walk."""
        self._go_up(to=len(entry.folders))
        if entry.is_left:
            return
        mode = entry.facts.st_mode
        if stat.S_ISDIR(mode):
            self._add_folder(entry)
        elif stat.S_ISLNK(mode):
            self._add_link(entry)
        elif stat.S_ISREG(mode):
            self._add_file(entry)

    def finish(self) -> None:
        """Complete the directories that are still open."""
        self._go_up(to=0)
        os.fchmod(self._here, stat.S_IMODE(self._facts[0].st_mode) & 0o777)
        _settle(self._here, self._facts[0])
        os.close(self._here)

    def _go_up(self, *, to: int) -> None:
        while len(self._facts) - 1 > to:
            left, facts = self._here, self._facts.pop()
            os.fchmod(left, stat.S_IMODE(facts.st_mode) & 0o777)
            _settle(left, facts)
            self._here = os.open("..", FOLDER_ITSELF_FLAGS, dir_fd=left)
            os.close(left)

    def _add_folder(self, entry: TreeEntry) -> None:
        os.mkdir(entry.name, 0o700, dir_fd=self._here)
        above = self._here
        self._here = os.open(entry.name, FOLDER_ITSELF_FLAGS, dir_fd=above)
        os.close(above)
        self._facts.append(entry.facts)

    def _add_link(self, entry: TreeEntry) -> None:
        try:
            leads_to = os.readlink(entry.name, dir_fd=entry.parent)
        except OSError as failure:
            if failure.errno in (errno.ENOENT, errno.EINVAL):
                return  # it is another thing now, or nothing
            raise
        if self._former and (leads_to + "/").startswith(self._former + "/"):
            leads_to = self._latter + leads_to[len(self._former) :]
        os.symlink(leads_to, entry.name, dir_fd=self._here)
        facts = entry.facts
        if os.geteuid() == 0:
            os.chown(entry.name, facts.st_uid, facts.st_gid, dir_fd=self._here, follow_symlinks=False)
        times = (facts.st_atime_ns, facts.st_mtime_ns)
        os.utime(entry.name, ns=times, dir_fd=self._here, follow_symlinks=False)

    def _add_file(self, entry: TreeEntry) -> None:
        try:
            source = os.open(entry.name, SOURCE_FLAGS, dir_fd=entry.parent)
        except OSError as failure:
            if failure.errno in (errno.ENOENT, errno.ELOOP, errno.ENXIO):
                return  # it is another thing now, or nothing
            raise
        try:
            facts = os.fstat(source)
            if not stat.S_ISREG(facts.st_mode):
                return
            if facts.st_nlink > 1 and facts.st_ino in self._names:
                self._link(facts.st_ino, entry.name)
                return
            mode = stat.S_IMODE(facts.st_mode) & 0o777
            copy = os.open(entry.name, NEW_FILE_FLAGS, mode, dir_fd=self._here)
            try:
                self._fill(source, copy, facts)
                _settle(copy, facts)
                self.inodes[facts.st_ino] = os.fstat(copy).st_ino
            finally:
                os.close(copy)
        finally:
            os.close(source)
        if facts.st_nlink > 1:
            self._names[facts.st_ino] = "/".join(entry.folders), entry.name

    def _link(self, inode: int, name: str) -> None:
        """Give a file that is copied already another name."""
        folder, first = self._names[inode]
        with opened(open_beneath(self._root, folder or ".", FOLDER_ITSELF_FLAGS)) as parent:
            os.link(first, name, src_dir_fd=parent, dst_dir_fd=self._here, follow_symlinks=False)

    def _fill(self, source: int, copy: int, facts: os.stat_result) -> None:
        if not facts.st_size:
            return
        if self._can_share:
            try:
                fcntl.ioctl(copy, _SHARE, source)
            except OSError as failure:
                if failure.errno not in _NOT_SHARED:
                    raise
                self._can_share = failure.errno in (errno.EINVAL, errno.EPERM)
            else:
                return
        if facts.st_blocks * 512 >= facts.st_size:
            _copy_range(source, copy, 0, facts.st_size)
            return
        for start, end in _data_of(source, facts.st_size):
            _copy_range(source, copy, start, end)
        os.ftruncate(copy, facts.st_size)


def _settle(copy: int, facts: os.stat_result) -> None:
    """Give a copy the owner and the times of the original."""
    if os.geteuid() == 0:
        os.fchown(copy, facts.st_uid, facts.st_gid)
    os.utime(copy, ns=(facts.st_atime_ns, facts.st_mtime_ns))


def _data_of(source: int, size: int) -> list[tuple[int, int]]:
    """Where a file has content between its holes."""
    found: list[tuple[int, int]] = []
    end = 0
    while end < size:
        try:
            start = os.lseek(source, end, os.SEEK_DATA)
        except OSError as failure:
            if failure.errno == errno.ENXIO:
                break  # there are only holes from here on
            raise
        end = min(size, os.lseek(source, start, os.SEEK_HOLE))
        found.append((start, end))
    return found


def _copy_range(source: int, copy: int, start: int, end: int) -> None:
    """Copy part of a file, as far as it is there, within the kernel."""
    while start < end:
        count = min(_COPY_BYTES, end - start)
        try:
            copied = os.copy_file_range(source, copy, count, start, start)
        except OSError as failure:
            if failure.errno not in _NOT_SHARED:
                raise
            os.lseek(copy, start, os.SEEK_SET)
            copied = os.sendfile(copy, source, start, count)
        if not copied:
            return
        start += copied
