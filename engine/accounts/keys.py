"""API keys, with which programs authenticate as a user. Source: S0, "Authentication Methods"."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Collection, Iterable
from typing import Final

from roocode_server.engine.accounts.digests import digest_of, new_secret
from roocode_server.engine.accounts.tokens import Clock
from roocode_server.engine.accounts.users import ENTRY_LIFETIME_S
from roocode_server.engine.concurrency.read_through_cache import ReadThroughCache
from roocode_server.engine.storage.accounts import ApiKeyRepository
from roocode_server.engine.storage.database import Database, Transaction
from roocode_server.models.clock import now
from roocode_server.models.credential import ApiKey
from roocode_server.models.error import AuthenticationFailed, Conflict, NotFound, TokenExpired
from roocode_server.models.identifier import KeyId, UserId, new_id
from roocode_server.models.quota import OwnLimits
from roocode_server.models.user import EVERY_SCOPE, KeyScope

KEY_PREFIX: Final = "roo_"
HINT_LENGTH: Final = 10
MOST_KEYS: Final = 100
"""The most keys of a user that are not revoked."""


class ApiKeys:
    """Creates, checks, lists and revokes API keys."""

    def __init__(self, database: Database, repository: ApiKeyRepository, *, clock: Clock = now) -> None:
        self._database = database
        self._repository = repository
        self._clock = clock
        self._lately: ReadThroughCache[str, ApiKey] = ReadThroughCache(
            repository.by_digest, lifetime_s=ENTRY_LIFETIME_S
        )

    async def create(
        self,
        unit: Transaction,
        user_id: UserId,
        name: str,
        *,
        scopes: Iterable[KeyScope],
        expires_at: datetime.datetime | None = None,
        limits: OwnLimits | None = None,
    ) -> tuple[ApiKey, str]:
        """Create a key; return it and its secret, of which only a digest is stored.

        Raises: Conflict, if the user has too many.
        """
        if await self._repository.count_live(unit, user_id) >= MOST_KEYS:
            raise Conflict("You have too many API keys; revoke one first", limit=MOST_KEYS)
        secret = new_secret(KEY_PREFIX)
        key = ApiKey(
            id=KeyId(new_id("key")),
            user_id=user_id,
            name=name,
            hint=secret[:HINT_LENGTH],
            limits=None if limits is None else dict(limits),
            scopes=sorted(set(scopes), key=EVERY_SCOPE.index),
            created_at=self._clock(),
            expires_at=expires_at,
        )
        await self._repository.insert(unit, key, digest_of(secret))
        return key, secret

    async def check(self, secret: str) -> ApiKey:
        """Return the key with this secret.

        Raises: TokenExpired; AuthenticationFailed, if it is unknown or revoked.
        """
        key = await self._lately.find(digest_of(secret))
        if key is None or key.revoked_at is not None:
            raise AuthenticationFailed
        if key.expires_at is not None and key.expires_at <= self._clock():
            raise TokenExpired
        return key

    async def good(self, key_ids: Collection[str]) -> set[str]:
        """Return those of these key ids that are not revoked, read from the database without the cache."""
        return await self._repository.good(key_ids)

    async def all(self, user_id: UserId) -> list[ApiKey]:
        """Return a user's keys, oldest first, including revoked ones."""
        return await self._repository.of_user(user_id)

    async def live(self, user_id: UserId) -> list[ApiKey]:
        """Return a user's keys that are not revoked, oldest first."""
        return await self._repository.live(user_id)

    async def revoke(self, user_id: UserId, key_id: KeyId) -> ApiKey:
        """Revoke a key and return it. Raises: NotFound, if the user has no such key."""
        async with self._database.transaction() as unit:
            key = await self._repository.find_on(unit, user_id, key_id)
            if key is None:
                raise NotFound("API key", key_id)
            revoked = dataclasses.replace(key, revoked_at=key.revoked_at or self._clock())
            await self._repository.save(unit, revoked)
        self._lately.forget_all()
        return revoked
