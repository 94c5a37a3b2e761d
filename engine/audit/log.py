"""The audit log: entries are appended behind the calls that they tell of, many in one commit.

An entry is stored within the next commits after its call's answer. What a crash in that moment takes is the
last entries, never the chain of those before.
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
"""Further callers wait until some of these are stored."""
ENTRIES_PER_UNIT: Final = 100
ATTEMPTS: Final = 3

log = structlog.get_logger("audit")


class AuditLog:
    """Takes entries, stores them in their order, and reads and verifies them."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._entries = AuditRepository(database)
        self._waiting: asyncio.Queue[AuditEntry] = asyncio.Queue(WAITING_ENTRIES)
        self._storing: asyncio.Task[None] | None = None
        self._recorded = self._settled = 0
        self._progress = asyncio.Condition()

    async def record(self, entry: AuditEntry) -> None:
        """Have an entry stored; its `number`, `previous` and `hash` are given when it is."""
        await self._waiting.put(entry)
        self._recorded += 1
        if self._storing is None or self._storing.done():
            self._storing = asyncio.create_task(self._store(), name="audit log")

    async def flush(self) -> None:
        """Return when every entry that was recorded before is stored, whatever is recorded meanwhile."""
        wanted = self._recorded
        async with self._progress:
            await self._progress.wait_for(lambda: self._settled >= wanted)

    async def page(self, query: AuditList) -> tuple[list[AuditEntry], int]:
        """A page of the entries that fit, newest first, and how many fit in all."""
        await self.flush()
        return await self._entries.page(query)

    def each(self) -> AsyncIterator[AuditEntry]:
        """Every entry that is stored, oldest first."""
        return self._entries.each()

    async def verify(self, *, head: str | None = None) -> AuditVerification:
        """Whether the chain holds; with `head`, whether it still has the entry with that hash."""
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
