"""Logins: each begins with one authentication, and its tokens and connections end with it."""

from __future__ import annotations

import datetime
from collections.abc import Collection
from typing import Final

from roocode_server.engine.accounts.tokens import Clock
from roocode_server.engine.accounts.users import ENTRY_LIFETIME_S
from roocode_server.engine.concurrency.read_through_cache import ReadThroughCache
from roocode_server.engine.storage.accounts import LoginRepository
from roocode_server.engine.storage.database import Transaction
from roocode_server.models.clock import now
from roocode_server.models.credential import LoginRecord
from roocode_server.models.error import NotFound
from roocode_server.models.identifier import LoginId, UserId, new_id

REMEMBERED: Final = datetime.timedelta(days=90)
"""For how long a place counts as known after a login from there."""


class Logins:
    """Begins and ends logins, and knows where users log in from.

    `lifetime_s` is how long a login's tokens stay valid after it was last used.
    """

    def __init__(self, repository: LoginRepository, *, lifetime_s: int, clock: Clock = now) -> None:
        self._repository = repository
        self._lifetime = datetime.timedelta(seconds=lifetime_s)
        self._kept = max(REMEMBERED, self._lifetime)
        self._clock = clock
        self._lately: ReadThroughCache[LoginId, LoginRecord] = ReadThroughCache(
            repository.find, lifetime_s=ENTRY_LIFETIME_S
        )

    async def start(self, unit: Transaction, user_id: UserId, source: str) -> LoginId:
        """Begin a login; the user's logins and places that have expired are deleted."""
        moment = self._clock()
        await self._repository.remove_unused(unit, user_id, moment - self._kept)
        login = LoginRecord(
            id=LoginId(new_id("login")), user_id=user_id, source=source, created_at=moment, used_at=moment
        )
        await self._repository.insert(unit, login)
        return login.id

    async def use(self, unit: Transaction, login_id: LoginId) -> None:
        """Record that the login is still in use."""
        await self._repository.mark_used(unit, login_id, self._clock())

    async def end(self, unit: Transaction, login_id: LoginId) -> None:
        """Revoke all tokens of the login. Call `forget` after the commit."""
        await self._repository.end(unit, login_id, self._clock())

    async def end_all(self, unit: Transaction, user_id: UserId, *, but: LoginId | None = None) -> None:
        """Revoke all tokens of the user's logins, except `but`. Call `forget` after the commit."""
        await self._repository.end_all(unit, user_id, self._clock(), but=but)

    async def stands(self, login_id: LoginId) -> bool:
        """Whether the login is still valid; may come from the cache."""
        login = await self._lately.find(login_id)
        return login is not None and login.ended_at is None

    async def page(self, user_id: UserId, *, limit: int, offset: int) -> tuple[list[LoginRecord], int]:
        """A page of a user's logins whose tokens still work, the one that was used last first; how many."""
        since = self._clock() - self._lifetime
        return await self._repository.page(user_id, since, limit=limit, offset=offset)

    async def find_on(self, unit: Transaction, user_id: UserId, login_id: LoginId) -> LoginRecord:
        """A user's login as the unit sees it. Raises: NotFound."""
        login = await self._repository.find_on(unit, user_id, login_id)
        if login is None:
            raise NotFound("login", login_id)
        return login

    async def good(self, login_ids: Collection[str]) -> set[str]:
        """Return those of these logins that are valid, read from the database without the cache."""
        return await self._repository.good(login_ids)

    async def knows(self, user_id: UserId, source: str) -> bool:
        """Whether the user has recently logged in from this place."""
        return bool(source) and await self._repository.came_from(user_id, source)

    def forget(self) -> None:
        """Drop logins from the cache; called after each committed end."""
        self._lately.forget_all()
