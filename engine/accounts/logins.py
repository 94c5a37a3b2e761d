"""Logins: each is one proof of who somebody is, and what came of it ends with it."""

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
"""How long a place is known from which a user has logged in, and their login lasted."""


class Logins:
    """Begins and ends logins, and knows where users log in from.

    `lifetime_s` is how long the tokens of a login last after it was used last.
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
        """A new login; what the user has not used for long is forgotten."""
        moment = self._clock()
        await self._repository.remove_unused(unit, user_id, moment - self._kept)
        login = LoginRecord(
            id=LoginId(new_id("login")), user_id=user_id, source=source, created_at=moment, used_at=moment
        )
        await self._repository.insert(unit, login)
        return login.id

    async def use(self, unit: Transaction, login_id: LoginId) -> None:
        """Note that the login goes on."""
        await self._repository.mark_used(unit, login_id, self._clock())

    async def end(self, unit: Transaction, login_id: LoginId) -> None:
        """Let no token of the login count. `forget` after the commit."""
        await self._repository.end(unit, login_id, self._clock())

    async def end_all(self, unit: Transaction, user_id: UserId, *, but: LoginId | None = None) -> None:
        """The same for every login of a user, `but` one if it is given. `forget` after the commit."""
        await self._repository.end_all(unit, user_id, self._clock(), but=but)

    async def stands(self, login_id: LoginId) -> bool:
        """Whether the login has not ended; one that was asked for lately comes from memory."""
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
        """Those of these logins that have not ended, as the database has it at this moment."""
        return await self._repository.good(login_ids)

    async def knows(self, user_id: UserId, source: str) -> bool:
        """Whether the user has logged in from there lately."""
        return bool(source) and await self._repository.came_from(user_id, source)

    def forget(self) -> None:
        """Read logins anew; called after each committed end."""
        self._lately.forget_all()
