"""Provider profiles: a user's choice of model, with their own key. Source: S2, profiles."""

from __future__ import annotations

import datetime
import urllib.parse
from dataclasses import field
from typing import Any, Final

from marshmallow import ValidationError

from roocode_server.models.idempotency import IDEMPOTENCY_KEY
from roocode_server.models.identifier import ProfileId, UserId
from roocode_server.models.shape import (
    LONGEST_URL,
    UNCHANGEABLE,
    Shape,
    described,
    left_out,
    limited,
    one_of,
    value,
)

PROVIDERS: Final = ("anthropic", "openai", "gemini", "ollama", "scripted")
AUTO: Final = "auto"
"""As a provider or a model: whichever there is."""
LONGEST_KEY: Final = 1000


def check_base_url(base_url: str) -> None:
    """Validate a base URL; it may be empty. Raises: marshmallow.ValidationError."""
    if not base_url:
        return
    try:
        parts = urllib.parse.urlsplit(base_url)
        is_plain = parts.port != 0 and not (parts.username or parts.password or parts.query or parts.fragment)
    except ValueError:
        raise ValidationError("Expected an http(s) URL.") from None
    is_printable = base_url.isascii() and base_url.isprintable() and " " not in base_url
    if len(base_url) > LONGEST_URL or not (is_plain and is_printable):
        raise ValidationError("Expected an http(s) URL without user information, query or fragment.")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValidationError("Expected a URL that begins with http:// or https://.")


def _check_key(key: str) -> None:
    """Validate an API key; it may be empty.

    Raises: marshmallow.ValidationError, if a header cannot contain it.
    """
    if not (key.isascii() and key.isprintable()) or len(key) > LONGEST_KEY or key != key.strip():
        raise ValidationError("Expected a key of printable ASCII characters without spaces around it.")


_NAME: Final = limited(shortest=1, longest=100)
_MODEL: Final = limited(shortest=1, longest=256)
_BASE_URL: Final[dict[str, Any]] = described("Empty: the provider's own address", validate=check_base_url)
_NOT_LOOKED_AT: Final = described("Ignored")
_KEY: Final[dict[str, Any]] = described("Stored encrypted, never shown again", validate=_check_key)


@value
class Profile(Shape):
    """A profile as shown: whether it has a key, but never the key. At most one profile is active."""

    id: ProfileId
    name: str
    provider: str
    model: str
    base_url: str | None
    has_key: bool
    is_active: bool
    created_at: datetime.datetime
    updated_at: datetime.datetime


@value
class StoredProfile(Shape):
    """A profile as stored; the key is encrypted."""

    id: ProfileId
    user_id: UserId
    name: str
    provider: str
    model: str
    base_url: str | None
    encrypted_key: str | None = field(repr=False)
    is_active: bool
    created_at: datetime.datetime
    updated_at: datetime.datetime

    @property
    def shown(self) -> Profile:
        """The profile without its key."""
        return Profile(
            id=self.id,
            name=self.name,
            provider=self.provider,
            model=self.model,
            base_url=self.base_url,
            has_key=self.encrypted_key is not None,
            is_active=self.is_active,
            created_at=self.created_at,
            updated_at=self.updated_at,
        )


@value
class ProfileList(Shape):
    """A request for the caller's own profiles."""


@value
class Profiles(Shape):
    """The caller's profiles, sorted by name."""

    profiles: list[Profile]


@value
class ProfileRef(Shape):
    """A reference to a profile."""

    profile_id: ProfileId


@value
class ProfileCreate(Shape):
    """A request to create a profile. Source: S2, `createProfile`."""

    name: str = field(metadata=_NAME)
    provider: str = field(metadata=one_of(*PROVIDERS))
    model: str = field(default=AUTO, metadata=_MODEL)
    base_url: str = field(default="", metadata=_BASE_URL)
    api_key: str = field(default="", repr=False, metadata=_KEY)
    activate: bool = True
    idempotency_key: str | None = field(default=None, metadata=IDEMPOTENCY_KEY)


@value
class ProfileFields(Shape):
    """The new fields of a profile; the other fields of `profile.get`'s answer may be sent along.

    Fields left out are not changed; `model`, `baseUrl` and `apiKey` are reset to their defaults by null, the
    latter two also by an empty text.
    """

    name: str = field(default_factory=left_out, metadata=_NAME)
    provider: str = field(default_factory=left_out, metadata=one_of(*PROVIDERS))
    model: str | None = field(default_factory=left_out, metadata=_MODEL)
    base_url: str | None = field(default_factory=left_out, metadata=_BASE_URL)
    api_key: str | None = field(default_factory=left_out, repr=False, metadata=_KEY)
    id: ProfileId | None = field(default=None, metadata=UNCHANGEABLE)
    is_active: bool | None = field(default=None, metadata=UNCHANGEABLE)
    has_key: bool | None = field(default=None, metadata=_NOT_LOOKED_AT)
    created_at: datetime.datetime | None = field(default=None, metadata=_NOT_LOOKED_AT)
    updated_at: datetime.datetime | None = field(default=None, metadata=_NOT_LOOKED_AT)


@value
class ProfileUpdate(ProfileFields):
    """A change of a profile: its fields, or `profile` as in the answer of `profile.get`. Source: S2."""

    profile_id: ProfileId
    profile: ProfileFields | None = None


@value
class ProfileShown(Shape):
    """An answer with one profile."""

    profile: Profile


@value
class ProfileRemoved(Shape):
    """A deleted profile."""

    profile_id: ProfileId
    deleted: bool
