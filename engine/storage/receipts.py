"""The answers to calls with an idempotency key, each stored with what the call created."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Final

from sqlalchemy import delete, func, insert, select

from roocode_server.engine.storage.database import Database, Statements, Transaction
from roocode_server.engine.storage.tables import Moment, receipts
from roocode_server.models.identifier import SessionId, UserId

EXPIRED_ROWS_PER_UNIT: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptRow:
    """A sealed answer; `id` names the user and the key, and is unique."""

    id: str
    user_id: UserId
    session_id: SessionId | None
    sealed_answer: str
    created_at: datetime.datetime


class ReceiptRepository:
    """The rows of `receipts`. What is older than `since` counts as absent."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, row_id: str, *, since: datetime.datetime) -> str | None:
        """Return the sealed answer, or None."""
        async with self._database.read() as connection:
            return await _find(connection, row_id, since)

    async def find_on(self, unit: Transaction, row_id: str, *, since: datetime.datetime) -> str | None:
        """As `find`, as the unit of work sees it."""
        return await _find(unit.connection, row_id, since)

    async def usage(
        self, user_id: UserId, *, since: datetime.datetime
    ) -> tuple[int, datetime.datetime | None]:
        """Return how many a user has, and when the oldest of them was stored."""
        statement = select(
            func.count().label("number"), func.min(receipts.c.created_at, type_=Moment).label("oldest")
        ).where(receipts.c.user_id == user_id, receipts.c.created_at > since)
        async with self._database.read() as connection:
            found = (await connection.execute(statement)).mappings().one()
        return found["number"], found["oldest"]

    async def insert(self, unit: Transaction, row: ReceiptRow, *, since: datetime.datetime) -> None:
        """Store an answer, and remove some of those that are too old.

        Raises: IntegrityError, if there is one under this id, which another process has stored.
        """
        await unit.write(delete(receipts).where(receipts.c.id == row.id, receipts.c.created_at <= since))
        await unit.execute(
            insert(receipts),
            [{name: getattr(row, name) for name in ReceiptRow.__dataclass_fields__}],
        )
        await self.remove_expired(unit, since=since)

    async def remove_expired(self, unit: Transaction, *, since: datetime.datetime) -> None:
        """Remove some of the answers that are too old, oldest first."""
        oldest = (
            select(receipts.c.id)
            .where(receipts.c.created_at <= since)
            .order_by(receipts.c.created_at)
            .limit(EXPIRED_ROWS_PER_UNIT)
        )
        await unit.write(delete(receipts).where(receipts.c.id.in_(oldest)))


async def _find(connection: Statements, row_id: str, since: datetime.datetime) -> str | None:
    of_row = (receipts.c.id == row_id, receipts.c.created_at > since)
    statement = select(receipts.c.sealed_answer).where(*of_row)
    found: str | None = (await connection.execute(statement)).scalar_one_or_none()
    return found
