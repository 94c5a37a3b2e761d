"""Refresh tokens: random, rotated at each use, with detection of reuse. Source: RFC 9700, section 4.14.2."""

from __future__ import annotations

import datetime

import structlog

from roocode_server.engine.accounts.digests import digest_of, new_secret
from roocode_server.engine.accounts.tokens import Clock
from roocode_server.engine.storage.accounts import RefreshTokenRepository
from roocode_server.engine.storage.database import Database, Transaction
from roocode_server.models.clock import now
from roocode_server.models.credential import RefreshToken
from roocode_server.models.error import AuthenticationFailed, TokenExpired
from roocode_server.models.identifier import UserId, new_id

log = structlog.get_logger("accounts")


class RefreshTokens:
    """Families of refresh tokens. Each token works once and is replaced by the next one of its family.

    If a token is used twice, it or its successor was stolen: the family is revoked, and both the thief and
    the owner have to log in again.
    """

    def __init__(
        self, database: Database, repository: RefreshTokenRepository, *, lifetime_s: int, clock: Clock = now
    ) -> None:
        self._database = database
        self._repository = repository
        self._lifetime = datetime.timedelta(seconds=lifetime_s)
        self._clock = clock

    async def start(self, unit: Transaction, user_id: UserId) -> str:
        """Issue the first token of a new family, and delete the user's expired tokens."""
        await self._repository.remove_expired(unit, user_id, self._clock())
        return await self._issue(unit, user_id, new_id("family"))

    async def rotate(self, secret: str) -> tuple[UserId, str]:
        """Use up a token; return its user and the token that replaces it.

        Raises: TokenExpired; AuthenticationFailed, if it is unknown, revoked or already used.
        """
        digest = digest_of(secret)
        async with self._database.transaction() as unit:
            token = await self._repository.find_on(unit, digest)
            if token is None or token.revoked_at is not None:
                raise AuthenticationFailed
            if token.used_at is None:
                return token.user_id, await self._follow(unit, token)
            await self._repository.revoke_family(unit, token.family, self._clock())
        log.warning("refresh token used twice", user_id=token.user_id, family=token.family)
        raise AuthenticationFailed

    async def revoke_all(self, unit: Transaction, user_id: UserId) -> None:
        """Revoke all of a user's refresh tokens, so that they have to log in again everywhere."""
        await self._repository.revoke_all(unit, user_id, self._clock())

    async def _follow(self, unit: Transaction, token: RefreshToken) -> str:
        moment = self._clock()
        if token.expires_at <= moment:
            raise TokenExpired
        await self._repository.mark_used(unit, token.digest, moment)
        return await self._issue(unit, token.user_id, token.family)

    async def _issue(self, unit: Transaction, user_id: UserId, family: str) -> str:
        secret, moment = new_secret(), self._clock()
        token = RefreshToken(
            digest=digest_of(secret),
            user_id=user_id,
            family=family,
            created_at=moment,
            expires_at=moment + self._lifetime,
        )
        await self._repository.insert(unit, token)
        return secret
