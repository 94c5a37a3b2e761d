"""Credentials as stored: as SHA-256 digests only."""

from __future__ import annotations

import datetime
from collections.abc import Iterable

from roocode_server.models.identifier import KeyId, LoginId, UserId
from roocode_server.models.shape import Shape, value
from roocode_server.models.user import KeyScope, Role


@value
class Standing(Shape):
    """Whether a user may act at all, and in which roles."""

    id: UserId
    roles: list[Role]
    disabled_at: datetime.datetime | None = None

    def accepts(self, roles: Iterable[Role]) -> bool:
        """Whether somebody who acts in these roles may go on: none of them has been taken away."""
        return self.disabled_at is None and set(roles) <= set(self.roles)


@value
class LoginRecord(Shape):
    """From a proof of who somebody is until they log out; `source` is where they came from.

    `used_at` is when it last gave an access token.
    """

    id: LoginId
    user_id: UserId
    source: str
    created_at: datetime.datetime
    used_at: datetime.datetime
    ended_at: datetime.datetime | None = None


@value
class Invitation(Shape):
    """A link by which a user chooses a password, once; stored by the SHA-256 of its secret."""

    digest: str
    user_id: UserId
    created_at: datetime.datetime
    expires_at: datetime.datetime
    used_at: datetime.datetime | None = None


@value
class ApiKey(Shape):
    """An API key, with which a program acts as a user; `hint` is its beginning, by which people recognise
    it.

    `limits` replace the server's (None: unlimited); those it does not name are the server's.
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
    """One link of a chain: each use makes the next token of the same `family`, which is a login's id."""

    digest: str
    user_id: UserId
    family: LoginId
    created_at: datetime.datetime
    expires_at: datetime.datetime
    used_at: datetime.datetime | None = None
    revoked_at: datetime.datetime | None = None
