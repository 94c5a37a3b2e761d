"""What administrators ask about users."""

from __future__ import annotations

import datetime
from dataclasses import field

from roocode_server.models.identifier import UserId
from roocode_server.models.login import EMAIL, PASSWORD
from roocode_server.models.page import Pagination
from roocode_server.models.shape import Shape, described, limited, value
from roocode_server.models.user import Role, User

_ROLES = limited(shortest=1, longest=3)


@value
class UserList(Shape):
    """Source: S0, "Pagination"."""

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
    """A link by which a user chooses a password, until `expires_at`. It works once and is shown this once."""

    url: str = field(repr=False)
    expires_at: datetime.datetime


@value
class UserCreate(Shape):
    """Add a user."""

    email: str = field(metadata=EMAIL)
    name: str | None = field(
        default=None,
        metadata=described("Left out: the e-mail address", **limited(shortest=1, longest=200)),
    )
    roles: list[Role] = field(default_factory=lambda: [Role.DEVELOPER], metadata=_ROLES)
    password: str | None = field(
        default=None,
        repr=False,
        metadata=described("Left out: the user is invited to choose one", **PASSWORD),
    )


@value
class UserMade(Shape):
    """A new user, and the invitation for one who has no password yet."""

    user: User
    invitation: UserInvitation | None = None


@value
class UserUpdate(Shape):
    """Change a user; what is left out stays as it is."""

    user_id: UserId
    name: str | None = field(default=None, metadata=limited(shortest=1, longest=200))
    roles: list[Role] | None = field(default=None, metadata=_ROLES)
    disabled: bool | None = field(
        default=None, metadata=described("A disabled user can do nothing, by whatever credential")
    )


@value
class UserInvited(Shape):
    invitation: UserInvitation


@value
class UserLogOut(Shape):
    """End every login of a user."""

    user_id: UserId
