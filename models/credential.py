"""Credentials as they are stored: never themselves, only their SHA-256."""

from __future__ import annotations

import datetime

from roocode_server.models.identifier import KeyId, UserId
from roocode_server.models.shape import Shape, value


@value
class Standing(Shape):
    """Whether a user may act at all, and since when access tokens of theirs have to be to count."""

    id: UserId
    disabled_at: datetime.datetime | None = None
    tokens_from: datetime.datetime | None = None

    def accepts(self, issued_at: datetime.datetime | None) -> bool:
        """Whether a credential of that time counts; None: it is no access token."""
        if self.disabled_at is not None:
            return False
        return issued_at is None or self.tokens_from is None or issued_at >= self.tokens_from


@value
class ApiKey(Shape):
    """A key by which a program acts as a user; `hint` is how it begins, for people to tell keys apart."""

    id: KeyId
    user_id: UserId
    name: str
    hint: str
    created_at: datetime.datetime
    expires_at: datetime.datetime | None = None
    revoked_at: datetime.datetime | None = None


@value
class RefreshToken(Shape):
    """One link of a chain: each use makes the next token of the same `family`, and a login starts one."""

    digest: str
    user_id: UserId
    family: str
    created_at: datetime.datetime
    expires_at: datetime.datetime
    used_at: datetime.datetime | None = None
    revoked_at: datetime.datetime | None = None
