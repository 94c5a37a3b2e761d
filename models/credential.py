"""Credentials as stored: as SHA-256 digests only."""

from __future__ import annotations

import datetime

from roocode_server.models.identifier import KeyId, UserId
from roocode_server.models.shape import Shape, value


@value
class Standing(Shape):
    """Whether a user may act at all, and the time before which their access tokens are revoked."""

    id: UserId
    disabled_at: datetime.datetime | None = None
    tokens_from: datetime.datetime | None = None

    def accepts(self, issued_at: datetime.datetime | None) -> bool:
        """Return whether a credential issued at this time is accepted; None if it is not an access token."""
        if self.disabled_at is not None:
            return False
        return issued_at is None or self.tokens_from is None or issued_at >= self.tokens_from


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
    limits: dict[str, int | None] | None = None
    created_at: datetime.datetime
    expires_at: datetime.datetime | None = None
    revoked_at: datetime.datetime | None = None


@value
class RefreshToken(Shape):
    """A refresh token. Each login starts a `family`; each use creates the next token of the same family."""

    digest: str
    user_id: UserId
    family: str
    created_at: datetime.datetime
    expires_at: datetime.datetime
    used_at: datetime.datetime | None = None
    revoked_at: datetime.datetime | None = None
