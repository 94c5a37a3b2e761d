"""Operations on everybody's accounts, for administrators."""

from __future__ import annotations

from roocode_server.engine.accounts.invitations import link
from roocode_server.engine.accounts.people import InvitedUser
from roocode_server.engine.accounts.users import UserChange
from roocode_server.engine.idempotency.receipts import Receipt
from roocode_server.handlers.operation import Handlers, operation
from roocode_server.models.account import LoggedOut
from roocode_server.models.credential import Invitation
from roocode_server.models.error import Conflict, NotFound
from roocode_server.models.page import pagination
from roocode_server.models.people import (
    UserCreate,
    UserInvitation,
    UserInvited,
    UserList,
    UserLogOut,
    UserMade,
    UserPage,
    UserRef,
    UserShown,
    UserUpdate,
)
from roocode_server.models.user import Caller, Permission, User


class PeopleHandlers(Handlers, namespace="/users"):
    """`user.*`: the users of the server, for administrators."""

    @operation("user.list", rest="GET /api/v1/users", permission=Permission.USER_READ)
    async def list(self, caller: Caller, request: UserList) -> UserPage:
        """List the users, sorted by e-mail address. `disabledAt` is present for disabled users."""
        users, total = await self.engine.accounts.people.page(limit=request.limit, offset=request.offset)
        page = pagination(total=total, limit=request.limit, offset=request.offset)
        return UserPage(data=users, pagination=page)

    @operation(
        "user.get",
        rest="GET /api/v1/users/{userId}",
        permission=Permission.USER_READ,
        errors=(NotFound,),
    )
    async def get(self, caller: Caller, request: UserRef) -> UserShown:
        """Get a user."""
        return UserShown(user=await self.engine.accounts.profile(request.user_id))

    @operation(
        "user.create",
        rest="POST /api/v1/users",
        status=201,
        made="/api/v1/users/{user.id}",
        permission=Permission.USER_WRITE,
        errors=(Conflict,),
    )
    async def create(self, caller: Caller, request: UserCreate, receipt: Receipt) -> UserMade:
        """Add a user with a password, or with an invitation to choose one, which is not shown again."""
        people, name = self.engine.accounts.people, request.name or request.email
        if request.password is not None:
            made = await people.create_with_password(
                request.email, request.password, name, request.roles, on_created=receipt.of(_made)
            )
            return _made(made)

        def answer(created: InvitedUser) -> UserMade:
            user, invitation, secret = created
            return UserMade(user=user, invitation=_shown(caller, invitation, secret))

        return answer(
            await people.create_invited(request.email, name, request.roles, on_created=receipt.of(answer))
        )

    @operation(
        "user.update",
        rest="PUT /api/v1/users/{userId}",
        permission=Permission.USER_WRITE,
        errors=(NotFound, Conflict),
    )
    async def update(self, caller: Caller, request: UserUpdate) -> UserShown:
        """Change a user's name or roles, disable them, or enable them again.

        Fields that are left out stay as they are. Connections of users who are disabled or lose a role end.
        The last active administrator cannot be disabled or lose that role.
        """
        change = UserChange(name=request.name, roles=request.roles, disabled=request.disabled)
        return UserShown(user=await self.engine.accounts.people.change(request.user_id, change))

    @operation(
        "user.invite",
        rest="POST /api/v1/users/{userId}/invitation",
        status=201,
        made="/api/v1/users/{userId}",
        permission=Permission.USER_WRITE,
        errors=(NotFound, Conflict),
    )
    async def invite(self, caller: Caller, request: UserRef) -> UserInvited:
        """Create a link with which a user chooses a first or new password.

        It works once and is not shown again; an earlier one no longer works.
        """
        invitation, secret = await self.engine.accounts.people.invite(request.user_id)
        return UserInvited(invitation=_shown(caller, invitation, secret))

    @operation(
        "user.logout",
        rest="POST /api/v1/users/{userId}/logout",
        permission=Permission.USER_WRITE,
        errors=(NotFound,),
    )
    async def logout(self, caller: Caller, request: UserLogOut) -> LoggedOut:
        """End all logins of a user; API keys remain valid."""
        await self.engine.accounts.people.end_logins(request.user_id)
        return LoggedOut(logged_out=True)


def _made(user: User) -> UserMade:
    return UserMade(user=user)


def _shown(caller: Caller, invitation: Invitation, secret: str) -> UserInvitation:
    return UserInvitation(url=link(caller.base_url, secret), expires_at=invitation.expires_at)
