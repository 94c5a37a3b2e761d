"""Credentials as they are stored: never themselves, only their SHA-256."""

from __future__ import annotations

import datetime

from models.identifier import KeyId, UserId
from models.shape import Shape, value


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
