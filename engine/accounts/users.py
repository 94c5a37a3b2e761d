"""Users: made, found, and let in."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Sequence

from roocode_server.engine.accounts.tokens import Clock
from roocode_server.engine.accounts.ttl_cache import TtlCache
from roocode_server.engine.storage.accounts import StoredLogin, UserRepository
from roocode_server.engine.storage.database import Transaction
from roocode_server.models.clock import now
from roocode_server.models.credential import Standing
from roocode_server.models.error import Conflict, NotFound
from roocode_server.models.identifier import UserId, new_id
from roocode_server.models.user import IdentityProvider, Role, User


class Users:
    """The users of this server. E-mail addresses are compared without regard to case."""

    def __init__(self, repository: UserRepository, *, clock: Clock = now) -> None:
        self._repository = repository
        self._clock = clock
        self._lately: TtlCache[UserId, User] = TtlCache(repository.find)
        self._standing_lately: TtlCache[UserId, Standing] = TtlCache(self._standing)

    async def find(self, user_id: UserId) -> User | None:
        """The user; those asked for lately come from memory."""
        return await self._lately.find(user_id)

    async def by_email(self, email: str) -> User:
        """The user with this address. Raises: NotFound."""
        user = await self._repository.by_email(canonical(email))
        if user is None:
            raise NotFound("user", email)
        return user

    async def by_email_on(self, unit: Transaction, email: str) -> User | None:
        """The user with this address as the unit sees them."""
        return await self._repository.by_email_on(unit, canonical(email))

    async def login(self, email: str) -> StoredLogin | None:
        """The user with this address and the hash of their password."""
        return await self._repository.login(canonical(email))

    async def create(
        self,
        unit: Transaction,
        email: str,
        name: str,
        *,
        provider: IdentityProvider = IdentityProvider.LOCAL,
        roles: Sequence[Role] = (Role.USER,),
        password_hash: str | None = None,
    ) -> User:
        """A new user. Raises: Conflict, if the address is taken."""
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
            raise Conflict("There is a user with this e-mail address already", email=user.email)
        await self._repository.insert(unit, user, password_hash)
        return user

    async def record_login(self, unit: Transaction, user: User) -> User:
        """The user with the time of this login. `forget` them after the commit."""
        moment = self._clock()
        await self._repository.record_login(unit, user.id, moment)
        return dataclasses.replace(user, last_login_at=moment)

    async def set_password_hash(self, unit: Transaction, user: User, password_hash: str) -> None:
        await self._repository.set_password_hash(unit, user.id, password_hash)

    async def standing(self, user_id: UserId) -> Standing | None:
        """Whether the user may act; those asked for lately come from memory."""
        return await self._standing_lately.find(user_id)

    async def standings(self, user_ids: Collection[UserId]) -> dict[UserId, Standing]:
        """The same for many, as the database has it at this moment; those who are gone are left out."""
        return {each.id: each for each in await self._repository.standings(user_ids)}

    async def take_back_tokens(self, unit: Transaction, user: User) -> None:
        """Let no access token that there is count any longer. `forget` the user after the commit."""
        await self._repository.take_back_tokens(unit, user.id, self._clock())

    async def set_disabled(self, unit: Transaction, user: User, is_disabled: bool) -> None:
        """Let a user act no longer, or again. `forget` them after the commit."""
        await self._repository.set_disabled(unit, user.id, self._clock() if is_disabled else None)

    async def _standing(self, user_id: UserId) -> Standing | None:
        return (await self.standings([user_id])).get(user_id)

    def forget(self, user_id: UserId) -> None:
        """Read the user anew the next time; called after each committed change."""
        self._lately.forget(user_id)
        self._standing_lately.forget(user_id)


def canonical(email: str) -> str:
    """The address as it is stored: nobody has two mailboxes that differ in case alone."""
    return email.strip().lower()
