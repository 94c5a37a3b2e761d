"""Access tokens: short-lived JWTs, each of one login (`sid`).

Source: RFC 7519, RFC 8725; OpenID Connect Front-Channel Logout, 3.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import jwt

from roocode_server.engine.accounts.signing_keys import SigningKey
from roocode_server.models.clock import from_milliseconds, now
from roocode_server.models.error import AuthenticationFailed, TokenExpired
from roocode_server.models.identifier import LoginId, UserId, new_id

Clock = Callable[[], datetime.datetime]

ALGORITHM: Final = "HS256"
ISSUER: Final = "roocode-server"
AUDIENCE: Final = "roocode-api"
KIND: Final = "access"
CLAIMS: Final = ("sub", "sid", "iat", "exp", "jti", "typ", "iss", "aud")


@dataclass(frozen=True, slots=True)
class AccessToken:
    """The claims of a valid access token."""

    id: str
    user_id: UserId
    login_id: LoginId
    expires_at: datetime.datetime


class AccessTokens:
    """Issues and checks access tokens that expire after `lifetime_s` seconds.

    The first of the keys signs; a token is checked by the key that it names (`kid`).
    """

    def __init__(self, keys: Sequence[SigningKey], *, lifetime_s: int, clock: Clock = now) -> None:
        self._signing = keys[0]
        self._keys = {key.id: key for key in keys}
        self._oldest = keys[-1]
        """Signed the tokens that name none: they were issued before keys could be replaced."""
        self.lifetime_s = lifetime_s
        self._clock = clock

    def issue(self, user_id: UserId, login_id: LoginId) -> str:
        """Issue a token for a user. It is valid until their login ends, at the latest."""
        moment = self._clock()
        issued_at = int(moment.timestamp())
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": user_id,
            "sid": login_id,
            "iat": issued_at,
            "exp": issued_at + self.lifetime_s,
            "jti": new_id("token"),
            "typ": KIND,
        }
        return jwt.encode(
            claims, self._signing.secret, algorithm=ALGORITHM, headers={"kid": self._signing.id}
        )

    def check(self, token: str) -> AccessToken:
        """Return the token's claims.

        Raises: TokenExpired; AuthenticationFailed, if this server did not issue it.
        """
        claims = self._decode(token)
        if claims["typ"] != KIND:
            raise AuthenticationFailed
        expires_at = _moment(claims["exp"])
        if expires_at <= self._clock():
            raise TokenExpired
        return AccessToken(claims["jti"], UserId(claims["sub"]), LoginId(claims["sid"]), expires_at)

    def _decode(self, token: str) -> dict[str, Any]:
        # The library compares times with the system clock; `check` uses the clock that tests can set.
        options: jwt.types.Options = {"require": list(CLAIMS), "verify_exp": False, "verify_iat": False}
        try:
            return jwt.decode(
                token,
                self._key_of(token).secret,
                algorithms=[ALGORITHM],
                issuer=ISSUER,
                audience=AUDIENCE,
                options=options,
            )
        except jwt.PyJWTError:
            raise AuthenticationFailed from None

    def _key_of(self, token: str) -> SigningKey:
        """Raises: AuthenticationFailed, if no key that counts is the one it names; PyJWTError."""
        name = jwt.get_unverified_header(token).get("kid")
        key = self._oldest if name is None else self._keys.get(name)
        if key is None or not key.counts(self._clock()):
            raise AuthenticationFailed
        return key


def _moment(seconds: float) -> datetime.datetime:
    """Convert a NumericDate, to the millisecond. Source: RFC 7519, 2."""
    return from_milliseconds(round(seconds * 1000))
