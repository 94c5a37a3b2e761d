"""The contents of small files of a workspace that are read at every step, each kept until it changes."""

from __future__ import annotations

import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Final
from weakref import WeakValueDictionary

from roocode_server.engine.workspace.file_access import TIMESTAMP_LAG_NS

CACHED_FILE_BYTES: Final = 262_144
"""Larger files are read each time."""
CACHED_BYTES: Final = 2_097_152
"""Of one workspace; those that were not asked for the longest are dropped."""

_Version = tuple[int, int, int, int, int]


class FileCache:
    """The contents by path; its methods are called from several threads.

    A file's version is its device, inode, size and times; programs cannot set the change time. As the kernel
    gives the same time to changes that follow each other closely, content is kept only of a file that had
    been left alone for a while when it was read.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._files: OrderedDict[str, tuple[_Version, bytes]] = OrderedDict()
        self._bytes = 0

    def content(self, path: str, facts: os.stat_result, read: Callable[[], bytes]) -> bytes:
        """Return the content of an open file, whose stat result is given; `read` reads it if needed."""
        version = (facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns)
        with self._lock:
            known, content = self._files.get(path, (None, b""))
            if known == version:
                self._files.move_to_end(path)
                return content
        is_settled = facts.st_ctime_ns < time.time_ns() - TIMESTAMP_LAG_NS
        content = read()
        with self._lock:
            self._drop(path)
            if is_settled and len(content) <= CACHED_FILE_BYTES:
                self._files[path] = version, content
                self._bytes += len(content)
                while self._bytes > CACHED_BYTES:
                    self._drop(next(iter(self._files)))
        return content

    def _drop(self, path: str) -> None:
        _, content = self._files.pop(path, (None, b""))
        self._bytes -= len(content)


_caches: Final[WeakValueDictionary[Path, FileCache]] = WeakValueDictionary()
_looking: Final = threading.Lock()


def file_cache(folder: Path) -> FileCache:
    """Return the cache of this workspace, the same for all who hold it."""
    with _looking:
        return _caches.setdefault(folder, FileCache())
