"""One lock per workspace: what is checked before a change still holds when it is made.

It is held by the threads that change files in this process, and never across an await.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final
from weakref import WeakValueDictionary

OnWrite = Callable[[str, os.stat_result | None], None]
"""Called with the path of what was changed, links resolved, and the stat result of a file that was
written.
"""


class WorkspaceLock:
    """The right to change the content of a folder; a context manager."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.on_write: OnWrite | None = None
        """Called with the lock held after each change by this server, so that a watcher does not report
        it.
        """

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()


_turns: Final[WeakValueDictionary[Path, WorkspaceLock]] = WeakValueDictionary()
_looking: Final = threading.Lock()


def workspace_lock(folder: Path) -> WorkspaceLock:
    """Return the lock of this folder, the same for all callers."""
    with _looking:
        return _turns.setdefault(folder, WorkspaceLock())
