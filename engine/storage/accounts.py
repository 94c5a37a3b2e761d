"""Repositories of users, refresh tokens and API keys."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Final, TypeVar

from sqlalchemy import delete, select, update

from roocode_server.engine.storage.database import Database, Transaction
from roocode_server.engine.storage.rows import Rows
from roocode_server.engine.storage.tables import api_keys, refresh_tokens, users
from roocode_server.models.credential import ApiKey, RefreshToken, Standing
from roocode_server.models.identifier import KeyId, UserId
from roocode_server.models.user import User

Each = TypeVar("Each")

BATCH: Final = 500
"""The most values in one statement."""


def batched(items: Iterable[Each], size: int) -> Iterator[list[Each]]:
    """Yield the items in lists of at most `size`."""
    left = iter(items)
    while some := list(islice(left, size)):
        yield some


@dataclass(frozen=True, slots=True)
class StoredLogin:
    """A user and their password hash; None if they have no password."""

    user: User
    password_hash: str | None = field(repr=False)


class UserRepository:
    """Users in the database. E-mail addresses are stored in lower case."""

    def __init__(self, database: Database) -> None:
        self._rows = Rows(database, users, User)
        self._standings = Rows(database, users, Standing)

    async def find(self, user_id: UserId) -> User | None:
        """Return the user, or None."""
        return await self._rows.first(users.c.id == user_id)

    async def by_email(self, email: str) -> User | None:
        """Return the user with this (canonical) address, or None."""
        return await self._rows.first(users.c.email == email)

    async def by_email_on(self, unit: Transaction, email: str) -> User | None:
        """As `by_email`, as the unit of work sees it."""
        return await self._rows.first_on(unit.connection, users.c.email == email)

    async def login(self, email: str) -> StoredLogin | None:
        """Return the user with this address and their password hash, or None."""
        async with self._rows.database.read() as connection:
            row = (await connection.execute(select(users).where(users.c.email == email))).mappings().first()
        return None if row is None else StoredLogin(self._rows.to_shape(row), row["password_hash"])

    async def insert(self, unit: Transaction, user: User, password_hash: str | None) -> None:
        """Store a new user."""
        await self._rows.insert(unit, user, password_hash=password_hash)

    async def record_login(self, unit: Transaction, user_id: UserId, moment: datetime.datetime) -> None:
        """Store the time of a login."""
        await unit.execute(update(users).where(users.c.id == user_id).values(last_login_at=moment))

    async def set_password_hash(self, unit: Transaction, user_id: UserId, password_hash: str) -> None:
        """Replace a password hash."""
        await unit.execute(update(users).where(users.c.id == user_id).values(password_hash=password_hash))

    async def standings(self, user_ids: Collection[UserId]) -> list[Standing]:
        """Return whether these users may act; unknown users are left out."""
        found: list[Standing] = []
        for some in batched(user_ids, BATCH):
            found += await self._standings.all(select(users).where(users.c.id.in_(some)))
        return found

    async def take_back_tokens(self, unit: Transaction, user_id: UserId, moment: datetime.datetime) -> None:
        """Revoke the access tokens issued before this moment."""
        await unit.execute(update(users).where(users.c.id == user_id).values(tokens_from=moment))

    async def set_disabled(
        self, unit: Transaction, user_id: UserId, moment: datetime.datetime | None
    ) -> None:
        """Disable a user from this moment on; None enables them."""
        await unit.execute(update(users).where(users.c.id == user_id).values(disabled_at=moment))


class RefreshTokenRepository:
    """Refresh tokens in the database, found by the SHA-256 digest of the token."""

    def __init__(self, database: Database) -> None:
        self._rows = Rows(database, refresh_tokens, RefreshToken)

    async def find_on(self, unit: Transaction, digest: str) -> RefreshToken | None:
        """Return the token with this digest as the unit of work sees it, or None."""
        return await self._rows.first_on(unit.connection, refresh_tokens.c.digest == digest)

    async def insert(self, unit: Transaction, token: RefreshToken) -> None:
        """Store a new token."""
        await self._rows.insert(unit, token)

    async def mark_used(self, unit: Transaction, digest: str, moment: datetime.datetime) -> None:
        """Record that a token has been used."""
        await unit.execute(
            update(refresh_tokens).where(refresh_tokens.c.digest == digest).values(used_at=moment)
        )

    async def revoke_family(self, unit: Transaction, family: str, moment: datetime.datetime) -> None:
        """Revoke all tokens that descend from one login."""
        await unit.execute(
            update(refresh_tokens)
            .where(refresh_tokens.c.family == family, refresh_tokens.c.revoked_at.is_(None))
            .values(revoked_at=moment)
        )

    async def revoke_all(self, unit: Transaction, user_id: UserId, moment: datetime.datetime) -> None:
        """Revoke all tokens of a user."""
        await unit.execute(
            update(refresh_tokens)
            .where(refresh_tokens.c.user_id == user_id, refresh_tokens.c.revoked_at.is_(None))
            .values(revoked_at=moment)
        )

    async def remove_expired(self, unit: Transaction, user_id: UserId, moment: datetime.datetime) -> None:
        """Delete a user's expired tokens, which are refused whether or not they are stored."""
        await unit.execute(
            delete(refresh_tokens).where(
                refresh_tokens.c.user_id == user_id, refresh_tokens.c.expires_at <= moment
            )
        )


class ApiKeyRepository:
    """API keys in the database, found by the SHA-256 digest of the key."""

    def __init__(self, database: Database) -> None:
        self._rows = Rows(database, api_keys, ApiKey)

    async def by_digest(self, digest: str) -> ApiKey | None:
        """Return the key with this digest, or None."""
        return await self._rows.first(api_keys.c.digest == digest)

    async def good(self, key_ids: Collection[str]) -> set[str]:
        """Return those of these key ids that are not revoked."""
        found: set[str] = set()
        async with self._rows.database.read() as connection:
            for some in batched(key_ids, BATCH):
                rows = await connection.execute(
                    select(api_keys.c.id).where(api_keys.c.id.in_(some), api_keys.c.revoked_at.is_(None))
                )
                found.update(rows.scalars())
        return found

    async def of_user(self, user_id: UserId) -> list[ApiKey]:
        """Return a user's keys, oldest first, including revoked ones."""
        return await self._rows.all(
            select(api_keys)
            .where(api_keys.c.user_id == user_id)
            .order_by(api_keys.c.created_at, api_keys.c.id)
        )

    async def find_on(self, unit: Transaction, user_id: UserId, key_id: KeyId) -> ApiKey | None:
        """Return a user's key as the unit of work sees it, or None."""
        return await self._rows.first_on(
            unit.connection, api_keys.c.id == key_id, api_keys.c.user_id == user_id
        )

    async def insert(self, unit: Transaction, key: ApiKey, digest: str) -> None:
        """Store a new key."""
        await self._rows.insert(unit, key, digest=digest)

    async def save(self, unit: Transaction, key: ApiKey) -> None:
        """Store a changed key."""
        await self._rows.save(unit, key)
