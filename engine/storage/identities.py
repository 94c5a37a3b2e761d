"""The repository of identities that sign in as users."""

from __future__ import annotations

from sqlalchemy import Select, delete, select

from roocode_server.engine.storage.database import Database, Transaction
from roocode_server.engine.storage.rows import Rows
from roocode_server.engine.storage.tables import identities
from roocode_server.models.identifier import IdentityId, UserId
from roocode_server.models.identity import LinkedIdentity


class IdentityRepository:
    """Identities as rows, found by issuer and subject."""

    def __init__(self, database: Database) -> None:
        self._rows = Rows(database, identities, LinkedIdentity)

    async def find_on(self, unit: Transaction, issuer: str, subject: str) -> LinkedIdentity | None:
        """The identity as the unit sees it."""
        return await self._rows.first_with_on(unit.connection, issuer=issuer, subject=subject)

    async def of_user(self, user_id: UserId) -> list[LinkedIdentity]:
        """A user's identities, oldest first."""
        return await self._rows.all(_of(user_id))

    async def of_user_on(self, unit: Transaction, user_id: UserId) -> list[LinkedIdentity]:
        """The same as the unit sees them."""
        rows = await unit.connection.execute(_of(user_id))
        return [self._rows.to_shape(row) for row in rows.mappings()]

    async def insert(self, unit: Transaction, identity: LinkedIdentity) -> None:
        """Store a new identity."""
        await self._rows.insert(unit, identity)

    async def save(self, unit: Transaction, identity: LinkedIdentity) -> None:
        """Store a changed identity."""
        await self._rows.save(unit, identity)

    async def remove(self, unit: Transaction, identity_id: IdentityId) -> None:
        """Delete an identity."""
        await unit.execute(delete(identities).where(identities.c.id == identity_id))


def _of(user_id: UserId) -> Select[tuple[object, ...]]:
    return (
        select(identities)
        .where(identities.c.user_id == user_id)
        .order_by(identities.c.created_at, identities.c.id)
    )
