"""Which processes descend from which. Source: proc(5), `/proc/pid/stat`.

To find the descendants of one process takes a look at all of the machine. One look serves all who asked
before it began, so that a list of many processes takes one or two, and not one for each.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from pathlib import Path
from typing import Final

_PARENT: Final = 1
"""The field of the parent, counted from the one after the name."""


class _ProcessTree:
    """The last look at all processes, taken by one thread at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._began_at = 0.0
        self._children: dict[int, list[int]] = {}

    def children(self, asked_at: float) -> dict[int, list[int]]:
        """Return the children of each process, as they were at some time since `asked_at`."""
        with self._lock:
            if self._began_at < asked_at:
                self._began_at = time.monotonic()
                self._children = children_of_all()
            return self._children


_looking: Final = _ProcessTree()


def descendants_of(process: int, *, asked_at: float) -> list[int]:
    """Return all that descend from a process, as they were at some time since `asked_at`, which is one of
    `time.monotonic()`.
    """
    children = dict(_looking.children(asked_at))
    found, waiting = list[int](), [process]
    while waiting:
        below = children.pop(waiting.pop(), ())
        found += below
        waiting += below
    return found


def children_of_all() -> dict[int, list[int]]:
    """Return the children of each process of this machine that has any."""
    found = defaultdict[int, list[int]](list)
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                line = (entry / "stat").read_bytes()
            except OSError:  # it has just ended
                continue
            found[int(line.rpartition(b")")[2].split()[_PARENT])].append(int(entry.name))
    return found
