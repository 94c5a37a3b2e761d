"""Refresh tokens: random, rotated at each use, with detection of reuse. Source: RFC 9700, section 4.14.2."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field

import structlog

from roocode_server.engine.accounts.digests import digest_of, new_secret
from roocode_server.engine.accounts.logins import Logins
from roocode_server.engine.accounts.tokens import Clock
from roocode_server.engine.storage.accounts import RefreshTokenRepository
from roocode_server.engine.storage.database import Database, Transaction
from roocode_server.models.clock import now
from roocode_server.models.credential import RefreshToken
from roocode_server.models.error import AuthenticationFailed, TokenExpired
from roocode_server.models.identifier import LoginId, UserId

log = structlog.get_logger("accounts")


@dataclass(frozen=True, slots=True)
class Rotated:
    """The user and login of a refresh token that was used, and the token that replaces it."""

    user_id: UserId
    login_id: LoginId
    following: str = field(repr=False)


class RefreshTokens:
    """Families of refresh tokens: each token works once and is replaced by the next one.

    If a token is used a second time, it or its successor was stolen: the login ends, and both the thief and
    the owner have to log in again.
    """

    def __init__(
        self,
        database: Database,
        repository: RefreshTokenRepository,
        logins: Logins,
        *,
        lifetime_s: int,
        clock: Clock = now,
    ) -> None:
        self._database = database
        self._repository = repository
        self._logins = logins
        self._lifetime = datetime.timedelta(seconds=lifetime_s)
        self._clock = clock

    async def start(self, unit: Transaction, user_id: UserId, login_id: LoginId) -> str:
        """Issue the first token of a login, and delete the user's expired ones."""
        await self._repository.remove_expired(unit, user_id, self._clock())
        return await self._issue(unit, user_id, login_id)

    async def rotate(self, secret: str) -> Rotated:
        """Use a token up; return whose it is, and the token that replaces it.

        Raises: TokenExpired; AuthenticationFailed, if it is unknown, revoked or already used.
        """
        digest = digest_of(secret)
        async with self._database.transaction() as unit:
            token = await self._repository.find_on(unit, digest)
            if token is None or token.revoked_at is not None:
                raise AuthenticationFailed
            if token.used_at is None:
                following = await self._follow(unit, token)
                await self._logins.use(unit, token.family)
                return Rotated(token.user_id, token.family, following)
            await self.end_login(unit, token.family)
        self._logins.forget()
        log.warning("refresh token used twice", user_id=token.user_id, family=token.family)
        raise AuthenticationFailed

    async def end_login(self, unit: Transaction, login_id: LoginId) -> None:
        """Revoke the tokens of a login. Call `Logins.forget` after the commit."""
        await self._repository.revoke_family(unit, login_id, self._clock())
        await self._logins.end(unit, login_id)

    async def end_logins(self, unit: Transaction, user_id: UserId, *, but: LoginId | None = None) -> None:
        """Revoke the tokens of the user's logins, except `but`."""
        await self._repository.revoke_all(unit, user_id, self._clock(), but=but)
        await self._logins.end_all(unit, user_id, but=but)

    async def _follow(self, unit: Transaction, token: RefreshToken) -> str:
        moment = self._clock()
        if token.expires_at <= moment:
            raise TokenExpired
        await self._repository.mark_used(unit, token.digest, moment)
        return await self._issue(unit, token.user_id, token.family)

    async def _issue(self, unit: Transaction, user_id: UserId, family: LoginId) -> str:
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
