"""Requests of users about their own account. Source: S0, "User", "Authentication Methods"."""

from __future__ import annotations

import dataclasses
import datetime
from dataclasses import field
from typing import TypeVar

from roocode_server.models.credential import ApiKey
from roocode_server.models.idempotency import IDEMPOTENCY_KEY
from roocode_server.models.identifier import KeyId, LoginId
from roocode_server.models.login import PASSWORD
from roocode_server.models.page import Pagination
from roocode_server.models.quota import Limit
from roocode_server.models.shape import LEFT_OUT, Shape, described, left_out, limited, one_of, value
from roocode_server.models.user import KeyScope, NotificationSettings, UserPreferences

AnySettings = TypeVar("AnySettings", NotificationSettings, UserPreferences)


@value
class NotificationChange(Shape):
    """A change of settings: fields left out are not changed, null restores a default."""

    task_completed: bool | None = field(default_factory=left_out)
    task_failed: bool | None = field(default_factory=left_out)
    approval_required: bool | None = field(default_factory=left_out)

    def applied_to(self, settings: NotificationSettings) -> NotificationSettings:
        """Return the settings with this change."""
        return _changed(settings, self, NotificationSettings())


@value
class PreferencesChange(Shape):
    """A change of settings: fields left out are not changed, null restores a default."""

    theme: str | None = field(default_factory=left_out, metadata=one_of("light", "dark", "auto"))
    language: str | None = field(default_factory=left_out, metadata=limited(shortest=2, longest=35))
    notifications: NotificationChange | None = field(default_factory=left_out)
    default_provider: str | None = field(default_factory=left_out, metadata=limited(shortest=1, longest=64))
    default_model: str | None = field(default_factory=left_out, metadata=limited(shortest=1, longest=256))

    def applied_to(self, preferences: UserPreferences) -> UserPreferences:
        """Return the preferences with this change."""
        notifications = self.notifications
        if isinstance(notifications, NotificationChange):
            preferences = dataclasses.replace(
                preferences, notifications=notifications.applied_to(preferences.notifications)
            )
            return _changed(preferences, self, UserPreferences(), but="notifications")
        return _changed(preferences, self, UserPreferences())


@value
class AccountUpdate(Shape):
    """A change of the caller's own name or preferences; fields left out are not changed."""

    name: str | None = field(default=None, metadata=limited(shortest=1, longest=200))
    preferences: PreferencesChange | None = None


@value
class PasswordChange(Shape):
    """A change of the caller's own password."""

    current_password: str = field(repr=False, metadata=limited(shortest=1, longest=1024))
    new_password: str = field(repr=False, metadata=PASSWORD)
    end_other_logins: bool = field(
        default=True, metadata=described("End all other logins of the account; API keys remain valid")
    )


@value
class PasswordChanged(Shape):
    changed: bool


@value
class LogOut(Shape):
    """A request to log out; with `all`, everywhere."""

    all: bool = field(default=False, metadata=described("End all logins of the account"))


@value
class LoggedOut(Shape):
    logged_out: bool


@value
class LoginList(Shape):
    """Source: S0, "Pagination"."""

    limit: int = field(default=20, metadata=limited(least=1, most=100))
    offset: int = field(default=0, metadata=limited(least=0, most=1_000_000))


@value
class ShownLogin(Shape):
    """Where somebody is signed in; `source` is the address that they came from, of IPv6 the first 64 bits.

    `used_at` is when it last gave an access token.
    """

    id: LoginId
    source: str
    created_at: datetime.datetime
    used_at: datetime.datetime
    is_current: bool


@value
class LoginPage(Shape):
    data: list[ShownLogin]
    pagination: Pagination


@value
class LoginRef(Shape):
    login_id: LoginId


@value
class KeyList(Shape):
    """A request for the caller's own API keys."""


@value
class Keys(Shape):
    keys: list[ApiKey]


@value
class KeyCreate(Shape):
    """A request to create an API key."""

    name: str = field(metadata=limited(shortest=1, longest=200))
    scopes: list[KeyScope] = field(
        default_factory=lambda: [KeyScope.READ, KeyScope.WRITE],
        metadata=described(
            "What the key may be used for, of all that its user may do", **limited(shortest=1, longest=3)
        ),
    )
    expires_at: datetime.datetime | None = field(
        default=None, metadata=described("When it expires; never if left out")
    )
    limits: dict[Limit, int | None] | None = field(
        default=None,
        metadata=described(
            "Limits that override the server's, by name; null for none. Only administrators give more than "
            "they may use themselves",
            **limited(longest=len(Limit)),
        ),
    )
    idempotency_key: str | None = field(default=None, metadata=IDEMPOTENCY_KEY)


@value
class KeyMade(Shape):
    """The new key; `secret` is not shown again."""

    key: ApiKey
    secret: str = field(repr=False)


@value
class KeyRef(Shape):
    key_id: KeyId


@value
class KeyShown(Shape):
    key: ApiKey


def _changed(before: AnySettings, change: Shape, defaults: AnySettings, *, but: str = "") -> AnySettings:
    wanted = {
        each.name: getattr(change, each.name) for each in dataclasses.fields(before) if each.name != but
    }
    return dataclasses.replace(
        before,
        **{
            name: getattr(defaults, name) if content is None else content
            for name, content in wanted.items()
            if content is not LEFT_OUT
        },
    )
