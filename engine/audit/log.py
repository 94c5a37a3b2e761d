"""The audit log: entries are stored after the calls they report, many in one commit.

A crash can lose the entries that were not yet committed, but never breaks the chain of those before.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Final

import structlog

from roocode_server.engine.audit.chain import chained, verify
from roocode_server.engine.storage.audit import AuditRepository
from roocode_server.engine.storage.database import Database
from roocode_server.models.audit import AuditEntry, AuditList, AuditVerification

WAITING_ENTRIES: Final = 10_000
"""The most entries that wait to be stored; further callers wait."""
ENTRIES_PER_UNIT: Final = 100
ATTEMPTS: Final = 3

log = structlog.get_logger("audit")


class AuditLog:
    """Stores entries in order, and reads and verifies them."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._entries = AuditRepository(database)
        self._waiting: asyncio.Queue[AuditEntry] = asyncio.Queue(WAITING_ENTRIES)
        self._storing: asyncio.Task[None] | None = None
        self._recorded = self._settled = 0
        self._progress = asyncio.Condition()

    async def record(self, entry: AuditEntry) -> None:
        """Queue an entry to be stored; its `number`, `previous` and `hash` are set when it is."""
        await self._waiting.put(entry)
        self._recorded += 1
        if self._storing is None or self._storing.done():
            self._storing = asyncio.create_task(self._store(), name="audit log")

    async def flush(self) -> None:
        """Return once all entries recorded before this call are stored."""
        wanted = self._recorded
        async with self._progress:
            await self._progress.wait_for(lambda: self._settled >= wanted)

    async def page(self, query: AuditList) -> tuple[list[AuditEntry], int]:
        """Return a page of the matching entries, newest first, and their total number."""
        await self.flush()
        return await self._entries.page(query)

    def each(self) -> AsyncIterator[AuditEntry]:
        """Yield all stored entries, oldest first."""
        return self._entries.each()

    async def verify(self, *, head: str | None = None) -> AuditVerification:
        """Check the chain. With `head`, one of the entries must have this hash."""
        await self.flush()
        return await verify(self._entries.each(), head=head)

    async def _store(self) -> None:
        while not self._waiting.empty():
            count = min(self._waiting.qsize(), ENTRIES_PER_UNIT)
            await self._append([self._waiting.get_nowait() for _ in range(count)])
            self._settled += count
            async with self._progress:
                self._progress.notify_all()

    async def _append(self, entries: list[AuditEntry]) -> None:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                async with self._database.transaction() as unit:
                    last = await self._entries.newest_on(unit)
                    for entry in entries:
                        last = chained(entry, last)
                        await self._entries.append(unit, last)
                return
            except Exception:
                log.exception("audit entries not stored", entries=len(entries), attempt=attempt)
        for entry in entries:
            log.error("audit entry lost", **entry.dump())
