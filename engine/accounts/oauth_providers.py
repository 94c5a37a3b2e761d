"""The OAuth providers' endpoints, and how each describes its users. Source: the providers' documentation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from roocode_server.models.auth_settings import MicrosoftSettings, OAuthProviderSettings, OAuthSettings
from roocode_server.models.user import IdentityProvider

JsonObject: TypeAlias = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person as described by a provider; `email` is verified."""

    email: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints:
    """The provider's addresses: for exchanging the code, for the profile, and (GitHub only) for e-mail
    addresses.
    """

    token_url: str
    user_url: str
    emails_url: str


_DEFAULTS: Final = {
    IdentityProvider.GOOGLE: Endpoints(
        token_url="https://oauth2.googleapis.com/token",  # noqa: S106 - an address
        user_url="https://openidconnect.googleapis.com/v1/userinfo",
        emails_url="",
    ),
    IdentityProvider.GITHUB: Endpoints(
        token_url="https://github.com/login/oauth/access_token",  # noqa: S106 - an address
        user_url="https://api.github.com/user",
        emails_url="https://api.github.com/user/emails",
    ),
    IdentityProvider.MICROSOFT: Endpoints(
        token_url="https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token",  # noqa: S106 - an address
        user_url="https://graph.microsoft.com/oidc/userinfo",
        emails_url="",
    ),
}


def settings_of(settings: OAuthSettings, provider: IdentityProvider) -> OAuthProviderSettings:
    """Return the settings of one provider."""
    by_provider: dict[IdentityProvider, OAuthProviderSettings] = {
        IdentityProvider.GOOGLE: settings.google,
        IdentityProvider.GITHUB: settings.github,
        IdentityProvider.MICROSOFT: settings.microsoft,
    }
    return by_provider[provider]


def endpoints_of(provider: IdentityProvider, settings: OAuthProviderSettings) -> Endpoints:
    """Return a provider's endpoints: the configured ones, or else its public ones."""
    own = _DEFAULTS[provider]
    tenant = settings.tenant if isinstance(settings, MicrosoftSettings) else ""
    return Endpoints(
        token_url=settings.token_url or own.token_url.format(tenant=tenant),
        user_url=settings.user_url or own.user_url,
        emails_url=settings.emails_url or own.emails_url,
    )


def person_of(provider: IdentityProvider, profile: JsonObject, emails: Sequence[JsonObject]) -> Person | None:
    """Build the person from the profile and e-mail responses; None without a verified address."""
    email = _primary(emails) if provider is IdentityProvider.GITHUB else _claimed(provider, profile)
    if not email:
        return None
    name = profile.get("name") or profile.get("login")
    return Person(email=email, name=name if isinstance(name, str) else email)


def _claimed(provider: IdentityProvider, profile: JsonObject) -> str | None:
    """Read OpenID Connect's `email` claim.

    Microsoft does not say whether it is verified; it counts as verified because the tenant vouches for it.
    """
    is_verified = profile.get("email_verified", provider is IdentityProvider.MICROSOFT)
    email = profile.get("email")
    return email if is_verified is True and isinstance(email, str) else None


def _primary(emails: Sequence[JsonObject]) -> str | None:
    """Return GitHub's primary address if it is verified: the only one that the owner chose to be known by."""
    for entry in emails:
        email = entry.get("email")
        if entry.get("primary") is True and entry.get("verified") is True and isinstance(email, str):
            return email
    return None
