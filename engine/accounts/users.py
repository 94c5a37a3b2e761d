"""Users: created, looked up, disabled."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from roocode_server.engine.accounts.tokens import Clock
from roocode_server.engine.concurrency.read_through_cache import ReadThroughCache
from roocode_server.engine.storage.accounts import StoredLogin, UserRepository
from roocode_server.engine.storage.database import Transaction
from roocode_server.models.clock import now
from roocode_server.models.credential import Standing
from roocode_server.models.error import Conflict, NotFound
from roocode_server.models.identifier import UserId, new_id
from roocode_server.models.user import IdentityProvider, Role, User, UserPreferences

ROLES: Final = tuple(Role)


@dataclass(frozen=True, slots=True, kw_only=True)
class UserChange:
    """The fields to change; None leaves a field as it is."""

    name: str | None = None
    roles: Sequence[Role] | None = None
    disabled: bool | None = None
    preferences: UserPreferences | None = None


ENTRY_LIFETIME_S: Final = 5.0
"""How long a change that another process makes to an account may go unnoticed."""


class Users:
    """The users of this server. E-mail addresses are compared case-insensitively."""

    def __init__(self, repository: UserRepository, *, clock: Clock = now) -> None:
        self._repository = repository
        self._clock = clock
        self._lately: ReadThroughCache[UserId, User] = ReadThroughCache(
            repository.find, lifetime_s=ENTRY_LIFETIME_S
        )
        self._standing_lately: ReadThroughCache[UserId, Standing] = ReadThroughCache(
            self._standing, lifetime_s=ENTRY_LIFETIME_S
        )

    async def find(self, user_id: UserId) -> User | None:
        """Return the user, or None; may come from the cache."""
        return await self._lately.find(user_id)

    async def by_email(self, email: str) -> User:
        """Return the user with this address. Raises: NotFound."""
        user = await self._repository.by_email(canonical(email))
        if user is None:
            raise NotFound("user", email)
        return user

    async def find_on(self, unit: Transaction, user_id: UserId) -> User:
        """Return the user as the unit of work sees them. Raises: NotFound."""
        user = await self._repository.find_on(unit, user_id)
        if user is None:
            raise NotFound("user", user_id)
        return user

    async def by_email_on(self, unit: Transaction, email: str) -> User | None:
        """Return the user with this address as the unit of work sees it, or None."""
        return await self._repository.by_email_on(unit, canonical(email))

    async def login(self, email: str) -> StoredLogin | None:
        """Return the user with this address and their password hash, or None."""
        return await self._repository.login(canonical(email))

    async def create(
        self,
        unit: Transaction,
        email: str,
        name: str,
        *,
        provider: IdentityProvider = IdentityProvider.LOCAL,
        roles: Sequence[Role] = (Role.DEVELOPER,),
        password_hash: str | None = None,
    ) -> User:
        """Create a user. Raises: Conflict, if the address is taken."""
        moment = self._clock()
        user = User(
            id=UserId(new_id("user")),
            email=canonical(email),
            name=name,
            provider=provider,
            roles=list(roles),
            created_at=moment,
            last_login_at=moment,
        )
        if await self._repository.by_email_on(unit, user.email) is not None:
            raise Conflict("A user with this e-mail address already exists", email=user.email)
        await self._repository.insert(unit, user, password_hash)
        return user

    async def record_login(self, unit: Transaction, user: User) -> User:
        """Store the time of this login and return the updated user. Call `forget` after the commit."""
        moment = self._clock()
        await self._repository.record_login(unit, user.id, moment)
        return dataclasses.replace(user, last_login_at=moment)

    async def set_password_hash(self, unit: Transaction, user: User, password_hash: str) -> None:
        """Store a new password hash. Call `forget` after the commit."""
        await self._repository.set_password_hash(unit, user.id, password_hash)

    async def standing(self, user_id: UserId) -> Standing | None:
        """Return whether the user may act; None if there is no such user. May come from the cache."""
        return await self._standing_lately.find(user_id)

    async def standings(self, user_ids: Collection[UserId]) -> dict[UserId, Standing]:
        """As `standing` for many users, without the cache; unknown users are left out."""
        return {each.id: each for each in await self._repository.standings(user_ids)}

    async def change(self, unit: Transaction, user_id: UserId, change: UserChange) -> User:
        """Change a user and return them. Call `forget` after the commit.

        Raises: NotFound; Conflict, if no active administrator would remain.
        """
        before = await self.find_on(unit, user_id)
        user = self._changed(before, change)
        if acts_as_administrator(before) and not acts_as_administrator(user):
            await self._check_another_administrator(unit, user_id)
        await self._repository.save(unit, user, before)
        return user

    async def page(self, *, limit: int, offset: int) -> tuple[list[User], int]:
        """Return a page of all users, sorted by address, and the total number."""
        return await self._repository.page(limit=limit, offset=offset)

    async def login_of(self, user_id: UserId) -> StoredLogin | None:
        """Return the user and their password hash."""
        return await self._repository.login_of(user_id)

    async def has_password_on(self, unit: Transaction, user_id: UserId) -> bool:
        """Whether the user has a password, as the unit sees them."""
        return await self._repository.has_password_on(unit, user_id)

    async def _check_another_administrator(self, unit: Transaction, user_id: UserId) -> None:
        if not await self._repository.other_administrators(unit, user_id):
            raise Conflict("This is the only active administrator; appoint another one first", id=user_id)

    def _changed(self, user: User, change: UserChange) -> User:
        disabled_at = user.disabled_at
        if change.disabled is not None:
            disabled_at = (disabled_at or self._clock()) if change.disabled else None
        return dataclasses.replace(
            user,
            name=change.name or user.name,
            roles=list(user.roles if change.roles is None else sorted(set(change.roles), key=ROLES.index)),
            preferences=user.preferences if change.preferences is None else change.preferences,
            disabled_at=disabled_at,
        )

    async def _standing(self, user_id: UserId) -> Standing | None:
        return (await self.standings([user_id])).get(user_id)

    def forget(self, user_id: UserId) -> None:
        """Drop the user from the caches; called after each committed change."""
        self._lately.forget(user_id)
        self._standing_lately.forget(user_id)


def acts_as_administrator(user: User) -> bool:
    """Whether the user is an active administrator."""
    return Role.ADMIN in user.roles and user.disabled_at is None


def canonical(email: str) -> str:
    """Return the address as it is stored: without surrounding space, in lower case."""
    return email.strip().lower()
