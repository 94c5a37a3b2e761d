"""What administrators do with everybody's accounts."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from roocode_server.engine.accounts.invitations import Invitations
from roocode_server.engine.accounts.passwords import Passwords
from roocode_server.engine.accounts.refresh_tokens import RefreshTokens
from roocode_server.engine.accounts.users import UserChange, Users
from roocode_server.engine.storage.database import Database
from roocode_server.models.credential import Invitation
from roocode_server.models.error import Conflict
from roocode_server.models.identifier import UserId
from roocode_server.models.login import NewUser
from roocode_server.models.user import IdentityProvider, Role, User


class People:
    """Lists, adds, changes and invites users. `changed` is told of whom something was committed."""

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
        """A page of all users, by their addresses, and how many there are."""
        return await self._users.page(limit=limit, offset=offset)

    async def create_with_password(self, email: str, password: str, name: str, roles: Sequence[Role]) -> User:
        """A new user who logs in with this password. Raises: ValidationFailed; Conflict, if they exist."""
        new = NewUser.load({"email": email, "name": name, "password": password})
        password_hash = await self._passwords.hash(new.password)
        async with self._database.transaction() as unit:
            return await self._users.create(
                unit, new.email, new.name, roles=roles, password_hash=password_hash
            )

    async def create_invited(
        self, email: str, name: str, roles: Sequence[Role]
    ) -> tuple[User, Invitation, str]:
        """A new user, and the invitation by which they choose a password, with its secret.

        Raises: Conflict, if they exist.
        """
        async with self._database.transaction() as unit:
            user = await self._users.create(unit, email, name, roles=roles)
            invitation, secret = await self._invitations.create(unit, user.id)
        return user, invitation, secret

    async def change(self, user_id: UserId, change: UserChange) -> User:
        """The changed user; connections end that act in a role which was taken away, or as one who is
        disabled.

        Raises: NotFound; Conflict, if nobody would be left who may act as administrator.
        """
        async with self._database.transaction() as unit:
            user = await self._users.change(unit, user_id, change)
        self._changed(user_id)
        return user

    async def invite(self, user_id: UserId) -> tuple[Invitation, str]:
        """An invitation by which the user chooses a password, and its secret; the one before is withdrawn.

        Raises: NotFound; Conflict, if the user logs in by an OAuth provider.
        """
        async with self._database.transaction() as unit:
            user = await self._users.find_on(unit, user_id)
            if user.provider is not IdentityProvider.LOCAL:
                raise Conflict("This account logs in by its provider", provider=user.provider)
            return await self._invitations.create(unit, user_id)

    async def end_logins(self, user_id: UserId) -> None:
        """Have a user log in anew everywhere. Raises: NotFound."""
        async with self._database.transaction() as unit:
            await self._users.find_on(unit, user_id)
            await self._refresh.end_logins(unit, user_id)
        self._changed(user_id)
