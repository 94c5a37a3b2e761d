"""How callers prove who they are: the settings under `auth`."""

from __future__ import annotations

import enum
from dataclasses import field
from urllib.parse import urlsplit

from marshmallow import ValidationError

from roocode_server.models.shape import Shape, limited, value

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_MANY_TENANTS = frozenset({"common", "organizations"})


class AuthMode(enum.StrEnum):
    """Whether credentials are needed. Open is for loopback alone: whoever calls is the administrator."""

    REQUIRED = "required"
    OPEN = "open"


def _check_url(url: str) -> None:
    """Empty, or an address to which a secret can be sent."""
    if not url:
        return
    parts = urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        return
    raise ValidationError("Expected an https address (http is for this machine alone).")


def _check_tenant(tenant: str) -> None:
    """Anybody's organization can give its members any e-mail address: such a login would prove nothing."""
    if tenant in _MANY_TENANTS:
        raise ValidationError(
            "Name one tenant, or consumers: e-mails of all tenants together are unverified."
        )


@value
class OAuthProviderSettings(Shape):
    """A provider by which people log in; without a `client_id` it is not set up.

    `redirect_uris` are the addresses to which it may have sent the code, exactly. `allowed_emails` are
    patterns (`*@example.com`, `*`) of those who may log in; with none, nobody may. The addresses are the
    provider's own where they are empty.
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
    """Who else vouches for users. Source: S0, "Authentication Methods"."""

    google: OAuthProviderSettings = field(default_factory=OAuthProviderSettings)
    github: OAuthProviderSettings = field(default_factory=OAuthProviderSettings)
    microsoft: MicrosoftSettings = field(default_factory=MicrosoftSettings)
    timeout_s: float = field(default=10.0, metadata=limited(least=1, most=120))


@value
class AuthSettings(Shape):
    """Credentials and how long they last, in seconds."""

    mode: AuthMode = AuthMode.REQUIRED
    access_token_s: int = field(default=3600, metadata=limited(least=1, most=86_400))
    refresh_token_s: int = field(default=2_592_000, metadata=limited(least=1, most=31_536_000))
    oauth: OAuthSettings = field(default_factory=OAuthSettings)
