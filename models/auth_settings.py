"""Authentication of callers: the settings under `auth`."""

from __future__ import annotations

import enum
import re
from collections.abc import Collection
from dataclasses import field
from typing import Final
from urllib.parse import urlsplit

from marshmallow import ValidationError

from roocode_server.models.shape import Shape, limited, value
from roocode_server.models.user import Role

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_MANY_TENANTS = frozenset({"common", "organizations"})
_PROVIDER_NAME: Final = re.compile(r"[a-z][a-z0-9]{0,31}")
LONGEST_ISSUER: Final = 512


class AuthMode(enum.StrEnum):
    """Whether credentials are required.

    `open` is for loopback addresses only, where every caller is the administrator.
    """

    REQUIRED = "required"
    OPEN = "open"


def _check_url(url: str) -> None:
    """Accept an empty URL, or one to which a secret may be sent."""
    if not url:
        return
    parts = urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        return
    raise ValidationError("Expected an https URL (http is only accepted for this machine).")


def _check_tenant(tenant: str) -> None:
    """Refuse many tenants at once: any organization can assign any e-mail address, so a login would prove
    nothing.
    """
    if tenant in _MANY_TENANTS:
        raise ValidationError(
            "Name one tenant, or consumers: with several tenants, e-mail addresses are unverified."
        )


@value
class OAuthProviderSettings(Shape):
    """An OAuth provider; without a `client_id` it is not available.

    `redirect_uris` are the exact addresses to which it may have sent the code. `allowed_emails` are patterns
    (`*@example.com`, `*`) of those who may log in; if empty, nobody may. Empty URLs mean the provider's own.
    """

    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    redirect_uris: list[str] = field(default_factory=list)
    allowed_emails: list[str] = field(default_factory=list)
    token_url: str = field(default="", metadata={"validate": _check_url})
    user_url: str = field(default="", metadata={"validate": _check_url})
    emails_url: str = field(default="", metadata={"validate": _check_url})


@value
class MicrosoftSettings(OAuthProviderSettings):
    """`tenant` is the one organization whose members may log in, or `consumers` for personal accounts."""

    tenant: str = field(
        default="consumers", metadata={"validate": [_check_tenant, limited(shortest=1)["validate"]]}
    )


@value
class OAuthSettings(Shape):
    """The OAuth providers. Source: S0, "Authentication Methods"."""

    google: OAuthProviderSettings = field(default_factory=OAuthProviderSettings)
    github: OAuthProviderSettings = field(default_factory=OAuthProviderSettings)
    microsoft: MicrosoftSettings = field(default_factory=MicrosoftSettings)
    timeout_s: float = field(default=10.0, metadata=limited(least=1, most=120))


def _check_issuer(issuer: str) -> None:
    """Accept an issuer's identifier. Source: OpenID Connect Core, 1.2; Discovery, 3."""
    _check_url(issuer)
    parts = urlsplit(issuer)
    if not parts.hostname or parts.query or parts.fragment or parts.username is not None:
        raise ValidationError("Expected an address with neither query nor fragment.")


def _check_scopes(scopes: Collection[str]) -> None:
    """Refuse scopes without `openid`: there would be no ID token. Source: OpenID Connect Core, 3.1.2.1."""
    if "openid" not in scopes:
        raise ValidationError("Without the scope openid the provider names nobody.")


def _check_names(providers: Collection[str]) -> None:
    """Accept names that can stand in an address and in a variable of the environment."""
    for name in providers:
        if not _PROVIDER_NAME.fullmatch(name):
            raise ValidationError(f"{name[:40]}: a name is at most 32 small letters and digits.")


@value
class OpenIdProviderSettings(Shape):
    """An OpenID Connect provider, found by its `issuer`; `label` is what the button says.

    `allowed_emails` are patterns of verified addresses that may sign in; `*` takes everybody, also those
    without an address; if empty, nobody may. With `sign_up`, whoever has no account gets one with `roles`.
    """

    label: str = field(default="", metadata=limited(longest=100))
    issuer: str = field(
        metadata={
            "validate": [limited(shortest=1, longest=LONGEST_ISSUER)["validate"], _check_issuer],
        }
    )
    client_id: str = field(metadata=limited(shortest=1, longest=512))
    client_secret: str = field(default="", repr=False)
    scopes: list[str] = field(
        default_factory=lambda: ["openid", "email", "profile"], metadata={"validate": _check_scopes}
    )
    allowed_emails: list[str] = field(default_factory=list)
    sign_up: bool = False
    roles: list[Role] = field(default_factory=lambda: [Role.DEVELOPER], metadata=limited(shortest=1))


@value
class OpenIdSettings(Shape):
    """The OpenID Connect providers that people sign in with, by name."""

    timeout_s: float = field(default=10.0, metadata=limited(least=1, most=120))
    providers: dict[str, OpenIdProviderSettings] = field(
        default_factory=dict, metadata={"validate": _check_names}
    )


@value
class AuthSettings(Shape):
    """Authentication, and the lifetime of credentials in seconds."""

    mode: AuthMode = AuthMode.REQUIRED
    access_token_s: int = field(default=3600, metadata=limited(least=1, most=86_400))
    refresh_token_s: int = field(default=2_592_000, metadata=limited(least=1, most=31_536_000))
    invite: bool = False
    invitation_s: int = field(default=86_400, metadata=limited(least=1, most=31_536_000))
    oauth: OAuthSettings = field(default_factory=OAuthSettings)
    oidc: OpenIdSettings = field(default_factory=OpenIdSettings)
