"""Requests of administrators about users."""

from __future__ import annotations

import datetime
from dataclasses import field

from roocode_server.models.idempotency import IDEMPOTENCY_KEY
from roocode_server.models.identifier import UserId
from roocode_server.models.login import EMAIL, PASSWORD
from roocode_server.models.page import Pagination
from roocode_server.models.shape import Shape, described, limited, value
from roocode_server.models.user import Role, User

_ROLES = limited(shortest=1, longest=3)


@value
class UserList(Shape):
    """A request for all users. Source: S0, "Pagination"."""

    limit: int = field(default=20, metadata=limited(least=1, most=100))
    offset: int = field(default=0, metadata=limited(least=0))


@value
class UserPage(Shape):
    data: list[User]
    pagination: Pagination


@value
class UserRef(Shape):
    user_id: UserId


@value
class UserShown(Shape):
    user: User


@value
class UserInvitation(Shape):
    """A link with which a user chooses a password, usable once until `expiresAt`; it is not shown again."""

    url: str = field(repr=False)
    expires_at: datetime.datetime


@value
class UserCreate(Shape):
    """A request to add a user."""

    email: str = field(metadata=EMAIL)
    name: str | None = field(
        default=None,
        metadata=described("The e-mail address if left out", **limited(shortest=1, longest=200)),
    )
    roles: list[Role] = field(default_factory=lambda: [Role.DEVELOPER], metadata=_ROLES)
    password: str | None = field(
        default=None,
        repr=False,
        metadata=described("If left out, the user is invited to choose one", **PASSWORD),
    )
    idempotency_key: str | None = field(default=None, metadata=IDEMPOTENCY_KEY)


@value
class UserMade(Shape):
    """The new user, and their invitation if they have no password yet."""

    user: User
    invitation: UserInvitation | None = None


@value
class UserUpdate(Shape):
    """A change of a user; fields left out are not changed."""

    user_id: UserId
    name: str | None = field(default=None, metadata=limited(shortest=1, longest=200))
    roles: list[Role] | None = field(default=None, metadata=_ROLES)
    disabled: bool | None = field(
        default=None, metadata=described("A disabled user can do nothing, with any credential")
    )


@value
class UserInvited(Shape):
    invitation: UserInvitation


@value
class UserLogOut(Shape):
    """A request to end all logins of a user."""

    user_id: UserId
