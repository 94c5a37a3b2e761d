"""The repository of provider profiles."""

from __future__ import annotations

from sqlalchemy import delete, select, update

from roocode_server.engine.storage.database import Database, Transaction
from roocode_server.engine.storage.rows import Rows
from roocode_server.engine.storage.tables import provider_profiles
from roocode_server.models.identifier import ProfileId, UserId
from roocode_server.models.profile import StoredProfile


class ProfileRepository:
    """Profiles in the database; users find only their own."""

    def __init__(self, database: Database) -> None:
        self._rows = Rows(database, provider_profiles, StoredProfile)

    async def of_user(self, user_id: UserId) -> list[StoredProfile]:
        """Return a user's profiles, sorted by name."""
        return await self._rows.all(
            select(provider_profiles)
            .where(provider_profiles.c.user_id == user_id)
            .order_by(provider_profiles.c.name)
        )

    async def find(self, user_id: UserId, profile_id: ProfileId) -> StoredProfile | None:
        """Return a user's profile, or None."""
        return await self._rows.first_with(id=profile_id, user_id=user_id)

    async def find_on(
        self, unit: Transaction, user_id: UserId, profile_id: ProfileId
    ) -> StoredProfile | None:
        """As `find`, as the unit of work sees it."""
        return await self._rows.first_with_on(unit.connection, id=profile_id, user_id=user_id)

    async def named_on(self, unit: Transaction, user_id: UserId, name: str) -> StoredProfile | None:
        """Return the user's profile with this name as the unit of work sees it, or None."""
        return await self._rows.first_with_on(unit.connection, name=name, user_id=user_id)

    async def active(self, user_id: UserId) -> StoredProfile | None:
        """Return the user's active profile, or None."""
        return await self._rows.first_with(user_id=user_id, is_active=True)

    async def insert(self, unit: Transaction, profile: StoredProfile) -> None:
        """Store a new profile."""
        await self._rows.insert(unit, profile)

    async def save(self, unit: Transaction, profile: StoredProfile) -> None:
        """Store a changed profile."""
        await self._rows.save(unit, profile)

    async def deactivate_all(self, unit: Transaction, user_id: UserId) -> None:
        """Make none of the user's profiles active."""
        await unit.execute(
            update(provider_profiles).where(provider_profiles.c.user_id == user_id).values(is_active=False)
        )

    async def delete(self, unit: Transaction, profile_id: ProfileId) -> None:
        """Delete a profile."""
        await unit.execute(delete(provider_profiles).where(provider_profiles.c.id == profile_id))
