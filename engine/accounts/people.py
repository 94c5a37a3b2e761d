"""What administrators do with the accounts of all users."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from roocode_server.engine.accounts.invitations import Invitations
from roocode_server.engine.accounts.passwords import Passwords
from roocode_server.engine.accounts.refresh_tokens import RefreshTokens
from roocode_server.engine.accounts.users import UserChange, Users
from roocode_server.engine.storage.creation import OnCreated, nothing_more
from roocode_server.engine.storage.database import Database
from roocode_server.models.credential import Invitation
from roocode_server.models.error import Conflict
from roocode_server.models.identifier import UserId
from roocode_server.models.login import NewUser
from roocode_server.models.user import IdentityProvider, Role, User

InvitedUser = tuple[User, Invitation, str]
"""A new user, their invitation, and its secret."""


class People:
    """Lists, adds, changes and invites users.

    `changed` is called with each user whose change was committed.
    """

    def __init__(
        self,
        database: Database,
        users: Users,
        passwords: Passwords,
        refresh: RefreshTokens,
        invitations: Invitations,
        changed: Callable[[UserId], None],
    ) -> None:
        self._database = database
        self._users = users
        self._passwords = passwords
        self._refresh = refresh
        self._invitations = invitations
        self._changed = changed

    async def page(self, *, limit: int, offset: int) -> tuple[list[User], int]:
        """Return a page of all users, sorted by address, and the total number."""
        return await self._users.page(limit=limit, offset=offset)

    async def create_with_password(
        self,
        email: str,
        password: str,
        name: str,
        roles: Sequence[Role],
        *,
        on_created: OnCreated[User] = nothing_more,
    ) -> User:
        """Create a user who logs in with this password. Raises: ValidationFailed; Conflict, if they exist."""
        new = NewUser.load({"email": email, "name": name, "password": password})
        password_hash = await self._passwords.hash(new.password)
        async with self._database.transaction() as unit:
            user = await self._users.create(
                unit, new.email, new.name, roles=roles, password_hash=password_hash
            )
            await on_created(unit, user)
        return user

    async def create_invited(
        self,
        email: str,
        name: str,
        roles: Sequence[Role],
        *,
        on_created: OnCreated[InvitedUser] = nothing_more,
    ) -> InvitedUser:
        """Create a user and an invitation to choose a password; return both, with the invitation's secret.

        Raises: Conflict, if they exist.
        """
        async with self._database.transaction() as unit:
            user = await self._users.create(unit, email, name, roles=roles)
            invitation, secret = await self._invitations.create(unit, user.id)
            created = (user, invitation, secret)
            await on_created(unit, created)
        return created

    async def change(self, user_id: UserId, change: UserChange) -> User:
        """Change a user and return them. Connections end that use a role they lose, or belong to a user who
        is disabled.

        Raises: NotFound; Conflict, if no active administrator would remain.
        """
        async with self._database.transaction() as unit:
            user = await self._users.change(unit, user_id, change)
        self._changed(user_id)
        return user

    async def invite(self, user_id: UserId) -> tuple[Invitation, str]:
        """Invite a user to choose a password, which withdraws an earlier invitation; return it and its
        secret.

        Raises: NotFound; Conflict, if the user logs in with an OAuth provider.
        """
        async with self._database.transaction() as unit:
            user = await self._users.find_on(unit, user_id)
            if user.provider is not IdentityProvider.LOCAL:
                raise Conflict(
                    "This account logs in with an OAuth provider and has no password", provider=user.provider
                )
            return await self._invitations.create(unit, user_id)

    async def end_logins(self, user_id: UserId) -> None:
        """End all logins of a user. Raises: NotFound."""
        async with self._database.transaction() as unit:
            await self._users.find_on(unit, user_id)
            await self._refresh.end_logins(unit, user_id)
        self._changed(user_id)
