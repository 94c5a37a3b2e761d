"""One change of a folder at a time: what is checked before a change still holds when it is made.

Held by the threads that change files, in this process; never across an await.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final
from weakref import WeakValueDictionary

Witness = Callable[[str, os.stat_result | None], None]
"""Called with the path of what was changed, links resolved, and what is known of a file that was written."""


class WorkspaceLock:
    """The right to change what is in a folder; a context manager."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.witness: Witness | None = None
        """Called within the turn after each change, so that who watches the folder knows whose it is."""

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()


_turns: Final[WeakValueDictionary[Path, WorkspaceLock]] = WeakValueDictionary()
_looking: Final = threading.Lock()


def workspace_lock(folder: Path) -> WorkspaceLock:
    """The one turn of this folder, whoever asks for it."""
    with _looking:
        return _turns.setdefault(folder, WorkspaceLock())
