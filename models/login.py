"""Requests and answers of authentication. Source: S0, "Authentication Endpoints"."""

from __future__ import annotations

import datetime
from dataclasses import field
from typing import Final

from marshmallow import validate

from roocode_server.models.shape import Shape, described, limited, one_of, value
from roocode_server.models.user import IdentityProvider, Permission, User

LONGEST_CREDENTIAL: Final = 4096

PASSWORD: Final = limited(shortest=8, longest=1024)
EMAIL: Final = {"validate": [validate.Length(max=320), validate.Email(error="Invalid email format")]}


@value
class Login(Shape):
    """A login with an e-mail address and a password."""

    email: str = field(metadata=EMAIL)
    password: str = field(repr=False, metadata=limited(shortest=1, longest=1024))


@value
class OAuthLogin(Shape):
    """A login with the code that an OAuth provider sent to the client's redirect address."""

    provider: str = field(
        metadata=one_of(*(item.value for item in IdentityProvider if item is not IdentityProvider.LOCAL))
    )
    code: str = field(repr=False, metadata=limited(shortest=1, longest=LONGEST_CREDENTIAL))
    redirect_uri: str = field(metadata=limited(shortest=1, longest=2048))
    code_verifier: str | None = field(
        default=None,
        repr=False,
        metadata=described(
            "The verifier, if the code was requested with PKCE (RFC 7636)",
            **limited(shortest=43, longest=128),
        ),
    )


@value
class InvitationAccept(Shape):
    """A login with an invitation, and the password to set."""

    invitation: str = field(repr=False, metadata=limited(shortest=1, longest=LONGEST_CREDENTIAL))
    password: str = field(repr=False, metadata=PASSWORD)


@value
class Refresh(Shape):
    """A refresh token to exchange for new tokens."""

    refresh_token: str = field(repr=False, metadata=limited(shortest=1, longest=LONGEST_CREDENTIAL))


@value
class Renew(Shape):
    """A new access token or API key for this connection."""

    token: str = field(repr=False, metadata=limited(shortest=1, longest=LONGEST_CREDENTIAL))


@value
class Renewed(Shape):
    """The connection continues; `expiresAt` is left out if the credential does not expire."""

    expires_at: datetime.datetime | None = None


@value
class ProfileRequest(Shape):
    """A request for the caller's own user data."""


@value
class Tokens(Shape):
    """An access token, valid for `expires_in` seconds, and the refresh token for the next one."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_in: int


@value
class LoginAnswer(Shape):
    """The user who has logged in, and their tokens."""

    user: User
    tokens: Tokens


@value
class RefreshAnswer(Shape):
    """The new tokens."""

    tokens: Tokens


@value
class ProfileAnswer(Shape):
    """The caller's own user data, and all that they may: what their roles grant, as far as the credential
    reaches.
    """

    user: User
    permissions: list[Permission]


@value
class NewUser(Shape):
    """A user to create, who logs in with a password."""

    email: str = field(metadata=EMAIL)
    name: str = field(metadata=limited(shortest=1, longest=200))
    password: str = field(repr=False, metadata=PASSWORD)


@value
class NewPassword(Shape):
    """A new password."""

    password: str = field(repr=False, metadata=PASSWORD)
