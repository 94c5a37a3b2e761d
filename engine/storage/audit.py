"""The repository of the audit log. Nothing in it is ever changed or deleted."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Final

from sqlalchemy import ColumnElement, select

from roocode_server.engine.storage.database import Database, Transaction
from roocode_server.engine.storage.rows import Rows
from roocode_server.engine.storage.tables import audit_entries
from roocode_server.models.audit import AuditEntry, AuditList

AUDIT_PAGE_ENTRIES: Final = 100
"""Entries that are read at once while the chain is followed; other callers take turns between."""

_NEWEST: Final = select(audit_entries).order_by(audit_entries.c.number.desc()).limit(1)


class AuditRepository:
    """The entries in their order."""

    def __init__(self, database: Database) -> None:
        self._rows = Rows(database, audit_entries, AuditEntry)

    async def newest_on(self, unit: Transaction) -> AuditEntry | None:
        """The last entry that the unit sees."""
        found = (await unit.connection.select(_NEWEST)).mappings()
        return self._rows.to_shape(found[0]) if found else None

    async def append(self, unit: Transaction, entry: AuditEntry) -> None:
        """Store an entry that has its place in the chain."""
        await self._rows.insert(unit, entry, session_id=entry.subject.get("sessionId"))

    async def page(self, query: AuditList) -> tuple[list[AuditEntry], int]:
        """A page of the entries that fit, newest first, and how many fit in all."""
        newest_first = [audit_entries.c.number.desc()]
        return await self._rows.page(
            *_conditions(query), order=newest_first, limit=query.limit, offset=query.offset
        )

    async def each(self) -> AsyncIterator[AuditEntry]:
        """Every entry, oldest first."""
        number = 0
        while True:
            following = select(audit_entries).where(audit_entries.c.number > number)
            entries = await self._rows.all(
                following.order_by(audit_entries.c.number).limit(AUDIT_PAGE_ENTRIES)
            )
            for entry in entries:
                yield entry
            if len(entries) < AUDIT_PAGE_ENTRIES:
                return
            number = entries[-1].number


def _conditions(query: AuditList) -> Iterator[ColumnElement[bool]]:
    columns = audit_entries.c
    for name in ("user_id", "session_id", "operation", "code"):
        wanted = getattr(query, name)
        if wanted is not None:
            yield columns[name] == wanted
    if query.since is not None:
        yield columns.at >= query.since
    if query.until is not None:
        yield columns.at < query.until
