"""Authentication of callers: the settings under `auth`."""

from __future__ import annotations

import enum
from dataclasses import field
from urllib.parse import urlsplit

from marshmallow import ValidationError

from roocode_server.models.shape import Shape, limited, value

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_MANY_TENANTS = frozenset({"common", "organizations"})


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
    raise ValidationError("Expected an https address (http is for this machine alone).")


def _check_tenant(tenant: str) -> None:
    """Refuse many tenants at once: any organization can assign any e-mail address, so a login would prove
    nothing.
    """
    if tenant in _MANY_TENANTS:
        raise ValidationError(
            "Name one tenant, or consumers: e-mails of all tenants together are unverified."
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


@value
class AuthSettings(Shape):
    """Authentication, and the lifetime of credentials in seconds."""

    mode: AuthMode = AuthMode.REQUIRED
    access_token_s: int = field(default=3600, metadata=limited(least=1, most=86_400))
    refresh_token_s: int = field(default=2_592_000, metadata=limited(least=1, most=31_536_000))
    invite: bool = False
    invitation_s: int = field(default=86_400, metadata=limited(least=1, most=31_536_000))
    oauth: OAuthSettings = field(default_factory=OAuthSettings)
