"""Signing in by OpenID Connect: who vouches for whom. Source: OpenID Connect Core; RFC 7636."""

from __future__ import annotations

import datetime
import enum
from dataclasses import field
from typing import Final

from marshmallow import validate

from roocode_server.models.identifier import IdentityId, UserId
from roocode_server.models.login import LONGEST_CREDENTIAL
from roocode_server.models.shape import Shape, described, limited, value

SIGN_IN_PROVIDER: Final = described(
    "The provider's name in `auth.oidc.providers`", **limited(shortest=1, longest=32)
)
SIGN_IN_CODE: Final = described(
    "What the sign-in has put behind `#sign-in=`; it works once",
    **limited(shortest=1, longest=LONGEST_CREDENTIAL),
)
CODE_VERIFIER: Final = described(
    "The verifier whose challenge the sign-in was started with (RFC 7636, 4.1)",
    **limited(shortest=43, longest=128),
)


class SignInRefusal(enum.StrEnum):
    """Why a sign-in has come to nothing at the provider; the dashboard has a sentence for each."""

    DENIED = "denied"
    EXPIRED = "expired"
    UNTRUSTED = "untrusted"
    UNAVAILABLE = "unavailable"
    BUSY = "busy"


@value
class LinkedIdentity(Shape):
    """Whom a provider vouches for: a person there (`subject` of `issuer`) who signs in here as a user.

    `email` is what the provider told last; it is left out if the provider has not verified it.
    """

    id: IdentityId
    user_id: UserId
    provider: str
    issuer: str
    subject: str
    email: str | None = None
    created_at: datetime.datetime
    used_at: datetime.datetime


@value
class SignInStart(Shape):
    """What a browser says when it starts to sign in."""

    next: str = field(
        default="/",
        metadata=described("Where it goes on afterwards: a path here", **limited(shortest=1, longest=2048)),
    )
    challenge: str = field(
        metadata={
            "validate": validate.Regexp(
                r"[A-Za-z0-9_-]{43}\Z", error="Expected the base64url of a SHA-256 (RFC 7636, 4.2)."
            )
        }
    )


@value
class OpenIdLogin(Shape):
    """Log in with the code that a sign-in has ended with."""

    provider: str = field(metadata=SIGN_IN_PROVIDER)
    code: str = field(repr=False, metadata=SIGN_IN_CODE)
    code_verifier: str = field(repr=False, metadata=CODE_VERIFIER)


@value
class IdentityLink(Shape):
    """Have the person who has just signed in at a provider sign in as the caller from now on."""

    provider: str = field(metadata=SIGN_IN_PROVIDER)
    code: str = field(repr=False, metadata=SIGN_IN_CODE)
    code_verifier: str = field(repr=False, metadata=CODE_VERIFIER)


@value
class SignInProviderList(Shape):
    """Nothing to say: everybody may know where one can sign in."""


@value
class SignInProvider(Shape):
    """A provider that people can sign in with. `start_url` takes `challenge` and `next`."""

    name: str
    label: str
    start_url: str


@value
class SignInProviders(Shape):
    providers: list[SignInProvider]


@value
class IdentityList(Shape):
    """Nothing to say: the identities are the caller's own."""


@value
class Identities(Shape):
    identities: list[LinkedIdentity]


@value
class IdentityRef(Shape):
    identity_id: IdentityId


@value
class IdentityShown(Shape):
    identity: LinkedIdentity
