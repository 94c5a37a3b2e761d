"""Credentials as stored: as SHA-256 digests only."""

from __future__ import annotations

import datetime
from collections.abc import Iterable

from roocode_server.models.identifier import KeyId, LoginId, UserId
from roocode_server.models.shape import Shape, value
from roocode_server.models.user import KeyScope, Role


@value
class Standing(Shape):
    """Whether a user is enabled, and their roles."""

    id: UserId
    roles: list[Role]
    disabled_at: datetime.datetime | None = None

    def accepts(self, roles: Iterable[Role]) -> bool:
        """Whether a caller with these roles may continue: the user still has all of them."""
        return self.disabled_at is None and set(roles) <= set(self.roles)


@value
class LoginRecord(Shape):
    """A login, from authentication to logout; `source` is the network it came from.

    `used_at` is when it last issued an access token.
    """

    id: LoginId
    user_id: UserId
    source: str
    created_at: datetime.datetime
    used_at: datetime.datetime
    ended_at: datetime.datetime | None = None


@value
class Invitation(Shape):
    """A link with which a user chooses a password, usable once; stored as the SHA-256 of its secret."""

    digest: str
    user_id: UserId
    created_at: datetime.datetime
    expires_at: datetime.datetime
    used_at: datetime.datetime | None = None


@value
class ApiKey(Shape):
    """An API key, with which a program acts as a user; `hint` is its beginning, for people to recognise it.

    `limits` override the server's (None: unlimited); limits it does not name are the server's.
    """

    id: KeyId
    user_id: UserId
    name: str
    hint: str
    scopes: list[KeyScope]
    limits: dict[str, int | None] | None = None
    created_at: datetime.datetime
    expires_at: datetime.datetime | None = None
    revoked_at: datetime.datetime | None = None


@value
class RefreshToken(Shape):
    """A refresh token: each use creates the next token of the same `family`, which is the id of a login."""

    digest: str
    user_id: UserId
    family: LoginId
    created_at: datetime.datetime
    expires_at: datetime.datetime
    used_at: datetime.datetime | None = None
    revoked_at: datetime.datetime | None = None
