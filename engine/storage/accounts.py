"""The repositories of users and of what proves who they are."""

from __future__ import annotations

import datetime
from collections.abc import Collection
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, delete, func, select, update

from roocode_server.engine.storage.database import Database, Transaction
from roocode_server.engine.storage.rows import KEYS_PER_STATEMENT, Rows, batched
from roocode_server.engine.storage.tables import api_keys, invitations, logins, refresh_tokens, users
from roocode_server.models.credential import ApiKey, Invitation, LoginRecord, RefreshToken, Standing
from roocode_server.models.identifier import KeyId, LoginId, UserId
from roocode_server.models.user import Role, User


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
        return await self._rows.first_with(id=user_id)

    async def find_on(self, unit: Transaction, user_id: UserId) -> User | None:
        """The user as the unit sees them."""
        return await self._rows.first_with_on(unit.connection, id=user_id)

    async def page(self, *, limit: int, offset: int) -> tuple[list[User], int]:
        """A page of all users, by their addresses, and how many there are."""
        return await self._rows.page(order=(users.c.email,), limit=limit, offset=offset)

    async def other_administrators(self, unit: Transaction, user_id: UserId) -> int:
        """How many may act as administrators beside this user."""
        rows = await unit.connection.execute(
            select(users.c.roles).where(users.c.id != user_id, users.c.disabled_at.is_(None))
        )
        return sum(Role.ADMIN in roles for roles in rows.scalars())

    async def by_email(self, email: str) -> User | None:
        """Return the user with this (canonical) address, or None."""
        return await self._rows.first_with(email=email)

    async def by_email_on(self, unit: Transaction, email: str) -> User | None:
        """As `by_email`, as the unit of work sees it."""
        return await self._rows.first_with_on(unit.connection, email=email)

    async def login(self, email: str) -> StoredLogin | None:
        """The user with an e-mail address, and the hash of their password."""
        return await self._stored_login(users.c.email == email)

    async def login_of(self, user_id: UserId) -> StoredLogin | None:
        """The user, and the hash of their password."""
        return await self._stored_login(users.c.id == user_id)

    async def has_password_on(self, unit: Transaction, user_id: UserId) -> bool:
        """Whether the user has a password, as the unit sees them."""
        found = select(users.c.id).where(users.c.id == user_id, users.c.password_hash.is_not(None))
        return (await unit.connection.execute(found)).first() is not None

    async def _stored_login(self, where: ColumnElement[bool]) -> StoredLogin | None:
        async with self._rows.database.read() as connection:
            row = (await connection.execute(select(users).where(where))).mappings().first()
        return None if row is None else StoredLogin(self._rows.to_shape(row), row["password_hash"])

    async def insert(self, unit: Transaction, user: User, password_hash: str | None) -> None:
        """Store a new user."""
        await self._rows.insert(unit, user, password_hash=password_hash)

    async def save(self, unit: Transaction, user: User, before: User) -> None:
        """Store what differs from `before`."""
        await self._rows.save(unit, user, before)

    async def record_login(self, unit: Transaction, user_id: UserId, moment: datetime.datetime) -> None:
        """Store the time of a login."""
        await unit.execute(update(users).where(users.c.id == user_id).values(last_login_at=moment))

    async def set_password_hash(self, unit: Transaction, user_id: UserId, password_hash: str) -> None:
        """Replace a password hash."""
        await unit.execute(update(users).where(users.c.id == user_id).values(password_hash=password_hash))

    async def standings(self, user_ids: Collection[UserId]) -> list[Standing]:
        """Return whether these users may act; unknown users are left out."""
        found: list[Standing] = []
        for some in batched(user_ids, KEYS_PER_STATEMENT):
            found += await self._standings.all(select(users).where(users.c.id.in_(some)))
        return found


class LoginRepository:
    """Logins as rows."""

    def __init__(self, database: Database) -> None:
        self._rows = Rows(database, logins, LoginRecord)

    async def find(self, login_id: LoginId) -> LoginRecord | None:
        return await self._rows.first_with(id=login_id)

    async def insert(self, unit: Transaction, login: LoginRecord) -> None:
        await self._rows.insert(unit, login)

    async def good(self, login_ids: Collection[str]) -> set[str]:
        """Those of these logins that have not ended."""
        return await self._rows.ids_among(login_ids, logins.c.ended_at.is_(None))

    async def page(
        self, user_id: UserId, since: datetime.datetime, *, limit: int, offset: int
    ) -> tuple[list[LoginRecord], int]:
        """A page of a user's logins that have not ended and were used since, the one that was used last
        first, and how many there are.
        """
        return await self._rows.page(
            logins.c.user_id == user_id,
            logins.c.ended_at.is_(None),
            logins.c.used_at > since,
            order=(logins.c.used_at.desc(), logins.c.id),
            limit=limit,
            offset=offset,
        )

    async def find_on(self, unit: Transaction, user_id: UserId, login_id: LoginId) -> LoginRecord | None:
        """The user's login as the unit sees it."""
        return await self._rows.first_with_on(unit.connection, user_id=user_id, id=login_id)

    async def came_from(self, user_id: UserId, source: str) -> bool:
        """Whether the user has logged in from there."""
        return await self._rows.first_with(user_id=user_id, source=source) is not None

    async def mark_used(self, unit: Transaction, login_id: LoginId, moment: datetime.datetime) -> None:
        await unit.execute(update(logins).where(logins.c.id == login_id).values(used_at=moment))

    async def end(self, unit: Transaction, login_id: LoginId, moment: datetime.datetime) -> None:
        """End a login that has not ended yet."""
        await unit.execute(
            update(logins).where(logins.c.id == login_id, logins.c.ended_at.is_(None)).values(ended_at=moment)
        )

    async def end_all(
        self, unit: Transaction, user_id: UserId, moment: datetime.datetime, *, but: LoginId | None
    ) -> None:
        """End every login of a user, `but` one if it is given."""
        where = [logins.c.user_id == user_id, logins.c.ended_at.is_(None)]
        if but is not None:
            where.append(logins.c.id != but)
        await unit.execute(update(logins).where(*where).values(ended_at=moment))

    async def remove_unused(self, unit: Transaction, user_id: UserId, moment: datetime.datetime) -> None:
        """Forget a user's logins that gave their last access token before this moment."""
        await unit.execute(delete(logins).where(logins.c.user_id == user_id, logins.c.used_at < moment))


class InvitationRepository:
    """Invitations as rows, found by the SHA-256 of their secret."""

    def __init__(self, database: Database) -> None:
        self._rows = Rows(database, invitations, Invitation)

    async def find(self, digest: str) -> Invitation | None:
        return await self._rows.first_with(digest=digest)

    async def find_on(self, unit: Transaction, digest: str) -> Invitation | None:
        """The invitation as the unit sees it."""
        return await self._rows.first_with_on(unit.connection, digest=digest)

    async def insert(self, unit: Transaction, invitation: Invitation) -> None:
        await self._rows.insert(unit, invitation)

    async def mark_used(self, unit: Transaction, digest: str, moment: datetime.datetime) -> None:
        await unit.execute(update(invitations).where(invitations.c.digest == digest).values(used_at=moment))

    async def remove_all(self, unit: Transaction, user_id: UserId) -> None:
        """Forget what a user was invited by before."""
        await unit.execute(delete(invitations).where(invitations.c.user_id == user_id))


class RefreshTokenRepository:
    """Refresh tokens in the database, found by the SHA-256 digest of the token."""

    def __init__(self, database: Database) -> None:
        self._rows = Rows(database, refresh_tokens, RefreshToken)

    async def find_on(self, unit: Transaction, digest: str) -> RefreshToken | None:
        """Return the token with this digest as the unit of work sees it, or None."""
        return await self._rows.first_with_on(unit.connection, digest=digest)

    async def insert(self, unit: Transaction, token: RefreshToken) -> None:
        """Store a new token."""
        await self._rows.insert(unit, token)

    async def mark_used(self, unit: Transaction, digest: str, moment: datetime.datetime) -> None:
        """Record that a token has been used."""
        await unit.execute(
            update(refresh_tokens).where(refresh_tokens.c.digest == digest).values(used_at=moment)
        )

    async def revoke_family(self, unit: Transaction, family: LoginId, moment: datetime.datetime) -> None:
        """Revoke every token that came from one login."""
        await unit.execute(
            update(refresh_tokens)
            .where(refresh_tokens.c.family == family, refresh_tokens.c.revoked_at.is_(None))
            .values(revoked_at=moment)
        )

    async def revoke_all(
        self, unit: Transaction, user_id: UserId, moment: datetime.datetime, *, but: LoginId | None
    ) -> None:
        """Revoke every token of a user, but those that came from one login if it is given."""
        where = [refresh_tokens.c.user_id == user_id, refresh_tokens.c.revoked_at.is_(None)]
        if but is not None:
            where.append(refresh_tokens.c.family != but)
        await unit.execute(update(refresh_tokens).where(*where).values(revoked_at=moment))

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
        return await self._rows.first_with(digest=digest)

    async def good(self, key_ids: Collection[str]) -> set[str]:
        """Return those of these key ids that are not revoked."""
        return await self._rows.ids_among(key_ids, api_keys.c.revoked_at.is_(None))

    async def of_user(self, user_id: UserId) -> list[ApiKey]:
        """Return a user's keys, oldest first, including revoked ones."""
        return await self._rows.all(
            select(api_keys)
            .where(api_keys.c.user_id == user_id)
            .order_by(api_keys.c.created_at, api_keys.c.id)
        )

    async def live(self, user_id: UserId) -> list[ApiKey]:
        """A user's keys that are not revoked, oldest first."""
        return await self._rows.all(
            select(api_keys)
            .where(api_keys.c.user_id == user_id, api_keys.c.revoked_at.is_(None))
            .order_by(api_keys.c.created_at, api_keys.c.id)
        )

    async def count_live(self, unit: Transaction, user_id: UserId) -> int:
        """How many keys of a user are not revoked, as the unit sees them."""
        counted = select(func.count()).where(api_keys.c.user_id == user_id, api_keys.c.revoked_at.is_(None))
        return int((await unit.connection.execute(counted)).scalar_one())

    async def find_on(self, unit: Transaction, user_id: UserId, key_id: KeyId) -> ApiKey | None:
        """Return a user's key as the unit of work sees it, or None."""
        return await self._rows.first_with_on(unit.connection, id=key_id, user_id=user_id)

    async def insert(self, unit: Transaction, key: ApiKey, digest: str) -> None:
        """Store a new key."""
        await self._rows.insert(unit, key, digest=digest)

    async def save(self, unit: Transaction, key: ApiKey) -> None:
        """Store a changed key."""
        await self._rows.save(unit, key)
