"""What of many changes is told, and when. Nothing here looks at a clock: the time is given."""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Hashable, Iterable
from typing import Final, Generic, TypeVar

from roocode_server.models.file import WorkspaceChanged

SETTLED_S: Final = 0.1
"""What comes and goes within this time is not told."""
MOST_AT_ONCE: Final = 200
"""Changes of a burst that are told one by one."""
MORE_PER_S: Final = 10.0
"""As many more are told one by one for each second that passes."""
SUMMED_S: Final = 5.0
"""A sum is told at the latest after this time."""

Key = TypeVar("Key", bound=Hashable)


class Settling(Generic[Key]):
    """What has stirred, in the order in which it first did; many stirs of one thing are one."""

    def __init__(self, settled_s: float = SETTLED_S) -> None:
        self._settled_s = settled_s
        self._since: dict[Key, float] = {}
        self._marked: set[Key] = set()

    def __len__(self) -> int:
        return len(self._since)

    def stir(self, key: Key, now: float, *, mark: bool = False) -> None:
        """Note that something has happened to `key`; the last word says whether it is marked."""
        self._since.setdefault(key, now)
        (self._marked.add if mark else self._marked.discard)(key)

    @property
    def due(self) -> float | None:
        """When the first of them has settled; None, where nothing has stirred."""
        first = next(iter(self._since.values()), None)
        return None if first is None else first + self._settled_s

    def take(self, now: float | None = None) -> list[tuple[Key, bool]]:
        """What has settled by now, and whether it is marked; all of it, where no time is given."""
        taken = []
        for key, since in list(self._since.items()):
            if now is not None and since + self._settled_s > now:
                break
            del self._since[key]
            taken.append((key, key in self._marked))
            self._marked.discard(key)
        return taken

    def clear(self) -> None:
        self._since.clear()
        self._marked.clear()


class TokenBucket:
    """How much is told one by one: so much at once, and a little more with time."""

    def __init__(self, most: int = MOST_AT_ONCE, per_s: float = MORE_PER_S) -> None:
        self._most = most
        self._per_s = per_s
        self._left = float(most)
        self._at: float | None = None

    def take(self, wanted: int, now: float) -> int:
        """How many of `wanted` may be told now."""
        if self._at is not None:
            self._left = min(float(self._most), self._left + (now - self._at) * self._per_s)
        self._at = now
        given = min(wanted, int(self._left))
        self._left -= given
        return given


class ChangeSummary:
    """Changes that are not told one by one."""

    def __init__(self) -> None:
        self._since: float | None = None
        self._counts: Counter[str] = Counter()
        self._folder: str | None = None
        self._is_exact = True

    @property
    def due(self) -> float | None:
        """When it has to be told; None, if there is nothing to tell."""
        return None if self._since is None else self._since + SUMMED_S

    def add(self, changes: Iterable[tuple[str, str]], now: float) -> None:
        """Add changes: what each is (`created`, `modified`, `deleted`), and its path."""
        for kind, path in changes:
            self._counts[kind] += 1
            self._widen(posixpath.dirname(path), now)

    def lose(self, now: float) -> None:
        """Something happened, and nobody knows what."""
        self._is_exact = False
        self._widen("/", now)

    def take(self) -> WorkspaceChanged | None:
        """The sum so far; it begins anew."""
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
