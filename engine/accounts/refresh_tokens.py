"""Refresh tokens: random, rotated at each use, and a trap for thieves. Source: RFC 9700, section 4.14.2."""

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
    """Chains of tokens. Each token works once and gives the next one of its family.

    A token that comes a second time was stolen, or its successor was: the family is revoked, and both the
    thief and the owner have to log in.
    """

    def __init__(
        self, database: Database, repository: RefreshTokenRepository, *, lifetime_s: int, clock: Clock = now
    ) -> None:
        self._database = database
        self._repository = repository
        self._lifetime = datetime.timedelta(seconds=lifetime_s)
        self._clock = clock

    async def start(self, unit: Transaction, user_id: UserId) -> str:
        """The first token of a new family; the user's expired ones are forgotten."""
        await self._repository.remove_expired(unit, user_id, self._clock())
        return await self._issue(unit, user_id, new_id("family"))

    async def rotate(self, secret: str) -> tuple[UserId, str]:
        """Whose token it is, and the one that follows it.

        Raises: TokenExpired; AuthenticationFailed, if it is unknown, revoked or was used before.
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
        """Let a user log in anew everywhere."""
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
