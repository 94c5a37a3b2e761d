"""A lock for each key, which exists only while it is held or waited for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager


class KeyedLocks:
    """Locks by key: holders of the same key never overlap, and take turns in the order they asked."""

    def __init__(self) -> None:
        self._locks: dict[Hashable, _SharedLock] = {}

    def __len__(self) -> int:
        return len(self._locks)

    @asynccontextmanager
    async def holding(self, key: Hashable) -> AsyncIterator[None]:
        """Hold the key's lock while the block runs."""
        shared = self._locks.setdefault(key, _SharedLock())
        shared.wanted += 1
        try:
            async with shared.lock:
                yield
        finally:
            shared.wanted -= 1
            if not shared.wanted:
                del self._locks[key]


class _SharedLock:
    __slots__ = ("lock", "wanted")

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.wanted = 0
