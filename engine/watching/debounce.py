"""Which of many changes are reported, and when. Nothing here reads a clock: the time is passed in."""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Hashable, Iterable
from typing import Final, Generic, TypeVar

from roocode_server.models.file import WorkspaceChanged

SETTLE_TIME_S: Final = 0.1
"""Files that appear and vanish within this time are not reported."""
CHANGES_IN_A_BURST: Final = 200
"""How many changes of a burst are reported one by one."""
MORE_CHANGES_PER_S: Final = 10.0
"""How many more are reported one by one for each second that passes."""
SUMMARY_TIMEOUT_S: Final = 5.0
"""A summary is reported after this time at the latest."""

Key = TypeVar("Key", bound=Hashable)


class Settling(Generic[Key]):
    """Keys with recent events, in the order of their first event; several events of one key count as one."""

    def __init__(self, settled_s: float = SETTLE_TIME_S) -> None:
        self._settled_s = settled_s
        self._since: dict[Key, float] = {}
        self._marked: set[Key] = set()

    def __len__(self) -> int:
        return len(self._since)

    def stir(self, key: Key, now: float, *, mark: bool = False) -> None:
        """Record an event of `key`; the latest event decides whether it is marked."""
        self._since.setdefault(key, now)
        (self._marked.add if mark else self._marked.discard)(key)

    @property
    def due(self) -> float | None:
        """When the first key has settled; None if there is none."""
        first = next(iter(self._since.values()), None)
        return None if first is None else first + self._settled_s

    def take(self, now: float | None = None) -> list[tuple[Key, bool]]:
        """Remove and return the keys that have settled by now, or all, and whether each is marked."""
        taken = []
        for key, since in list(self._since.items()):
            if now is not None and since + self._settled_s > now:
                break
            del self._since[key]
            taken.append((key, key in self._marked))
            self._marked.discard(key)
        return taken

    def clear(self) -> None:
        """Discard all events."""
        self._since.clear()
        self._marked.clear()


class TokenBucket:
    """Limits the rate of individually reported changes: a burst, and a few more per second."""

    def __init__(self, most: int = CHANGES_IN_A_BURST, per_s: float = MORE_CHANGES_PER_S) -> None:
        self._most = most
        self._per_s = per_s
        self._left = float(most)
        self._at: float | None = None

    def take(self, wanted: int, now: float) -> int:
        """Return how many of `wanted` changes may be reported now."""
        if self._at is not None:
            self._left = min(float(self._most), self._left + (now - self._at) * self._per_s)
        self._at = now
        given = min(wanted, int(self._left))
        self._left -= given
        return given


class ChangeSummary:
    """Counts the changes that are not reported one by one."""

    def __init__(self) -> None:
        self._since: float | None = None
        self._counts: Counter[str] = Counter()
        self._folder: str | None = None
        self._is_exact = True

    @property
    def due(self) -> float | None:
        """When it must be reported; None if it is empty."""
        return None if self._since is None else self._since + SUMMARY_TIMEOUT_S

    def add(self, changes: Iterable[tuple[str, str]], now: float) -> None:
        """Add changes, each a kind (`created`, `modified`, `deleted`) and a path."""
        for kind, path in changes:
            self._counts[kind] += 1
            self._widen(posixpath.dirname(path), now)

    def lose(self, now: float) -> None:
        """Record that changes were lost."""
        self._is_exact = False
        self._widen("/", now)

    def take(self) -> WorkspaceChanged | None:
        """Return the summary so far and start a new one; None if it is empty."""
        if self._since is None:
            return None
        told = WorkspaceChanged(
            path=self._folder or "/",
            created=self._counts["created"],
            modified=self._counts["modified"],
            deleted=self._counts["deleted"],
            is_exact=self._is_exact,
        )
        self._since, self._folder, self._is_exact = None, None, True
        self._counts.clear()
        return told

    def _widen(self, folder: str, now: float) -> None:
        self._since = now if self._since is None else self._since
        self._folder = folder if self._folder is None else posixpath.commonpath((self._folder, folder))
