"""Provider profiles: a user's own choice of a model, with their own key. Source: S2, profiles."""

from __future__ import annotations

import datetime
import urllib.parse
from dataclasses import field
from typing import Any, Final

from marshmallow import ValidationError

from roocode_server.models.identifier import ProfileId, UserId
from roocode_server.models.shape import Shape, described, left_out, limited, one_of, value

PROVIDERS: Final = ("anthropic", "openai", "gemini", "ollama", "scripted")
ANY_MODEL: Final = "auto"
LONGEST_URL: Final = 2048
LONGEST_KEY: Final = 1000


def check_base_url(base_url: str) -> None:
    """Empty is none. Raises: marshmallow.ValidationError, for what is no plain address of a server."""
    if not base_url:
        return
    try:
        parts = urllib.parse.urlsplit(base_url)
        is_plain = parts.port != 0 and not (parts.username or parts.password or parts.query or parts.fragment)
    except ValueError:
        raise ValidationError("Expected an http(s) address.") from None
    is_printable = base_url.isascii() and base_url.isprintable() and " " not in base_url
    if len(base_url) > LONGEST_URL or not (is_plain and is_printable):
        raise ValidationError("Expected an http(s) address, without a user, a query or a fragment.")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValidationError("Expected an address that begins with http:// or https://.")


def _check_key(key: str) -> None:
    """Empty is none. Raises: marshmallow.ValidationError, for what no header can carry."""
    if not (key.isascii() and key.isprintable()) or len(key) > LONGEST_KEY or key != key.strip():
        raise ValidationError("Expected a key of printable ASCII characters without spaces around it.")


_NAME: Final = limited(shortest=1, longest=100)
_MODEL: Final = limited(shortest=1, longest=256)
_BASE_URL: Final[dict[str, Any]] = described("Empty: the provider's own address", validate=check_base_url)
_UNCHANGED: Final = described("Has to be what it is")
_NOT_LOOKED_AT: Final = described("Not looked at")
_KEY: Final[dict[str, Any]] = described("Stored encrypted, never shown again", validate=_check_key)


@value
class Profile(Shape):
    """A profile as people see it: whether it has a key, never which. `isActive` of one profile at most."""

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
    """A profile as it is stored; the key is encrypted."""

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
        """Without the key."""
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
    """Nothing to say: the profiles are the caller's own."""


@value
class Profiles(Shape):
    profiles: list[Profile]


@value
class ProfileRef(Shape):
    profile_id: ProfileId


@value
class ProfileCreate(Shape):
    """Source: S2, `createProfile`."""

    name: str = field(metadata=_NAME)
    provider: str = field(metadata=one_of(*PROVIDERS))
    model: str = field(default=ANY_MODEL, metadata=_MODEL)
    base_url: str = field(default="", metadata=_BASE_URL)
    api_key: str = field(default="", repr=False, metadata=_KEY)
    activate: bool = True


@value
class ProfileFields(Shape):
    """A profile as it shall be; its other fields may come along as `profile.get` gives them.

    What is left out stays as it is; `model`, `baseUrl` and `apiKey` are taken back to their defaults by null,
    the latter two by an empty text, too.
    """

    name: str = field(default_factory=left_out, metadata=_NAME)
    provider: str = field(default_factory=left_out, metadata=one_of(*PROVIDERS))
    model: str | None = field(default_factory=left_out, metadata=_MODEL)
    base_url: str | None = field(default_factory=left_out, metadata=_BASE_URL)
    api_key: str | None = field(default_factory=left_out, repr=False, metadata=_KEY)
    id: ProfileId | None = field(default=None, metadata=_UNCHANGED)
    is_active: bool | None = field(default=None, metadata=_UNCHANGED)
    has_key: bool | None = field(default=None, metadata=_NOT_LOOKED_AT)
    created_at: datetime.datetime | None = field(default=None, metadata=_NOT_LOOKED_AT)
    updated_at: datetime.datetime | None = field(default=None, metadata=_NOT_LOOKED_AT)


@value
class ProfileUpdate(ProfileFields):
    """The fields, or `profile` as `profile.get` answers it. Source: S2."""

    profile_id: ProfileId
    profile: ProfileFields | None = None


@value
class ProfileShown(Shape):
    profile: Profile


@value
class ProfileRemoved(Shape):
    profile_id: ProfileId
    deleted: bool
