"""What users do with their own account: name and preferences, password, logins, API keys."""

from __future__ import annotations

from collections.abc import Callable

from roocode_server.engine.accounts.keys import ApiKeys
from roocode_server.engine.accounts.logins import Logins
from roocode_server.engine.accounts.passwords import Passwords
from roocode_server.engine.accounts.proof import PasswordProof
from roocode_server.engine.accounts.refresh_tokens import RefreshTokens
from roocode_server.engine.accounts.tokens import Clock
from roocode_server.engine.accounts.users import UserChange, Users
from roocode_server.engine.network.sites import site_of
from roocode_server.engine.storage.creation import OnCreated, nothing_more
from roocode_server.engine.storage.database import Database
from roocode_server.models.account import AccountUpdate, KeyCreate, PasswordChange, ShownLogin
from roocode_server.models.clock import now
from roocode_server.models.credential import ApiKey
from roocode_server.models.error import AuthenticationFailed, Conflict, InvalidField, NotFound
from roocode_server.models.identifier import KeyId, LoginId, UserId
from roocode_server.models.quota import OwnLimits
from roocode_server.models.user import Caller, Credential, User


class OwnAccount:
    """Operations on the caller's own account.

    `changed` is called with each user whose change was committed.
    """

    def __init__(
        self,
        database: Database,
        users: Users,
        passwords: Passwords,
        proof: PasswordProof,
        refresh: RefreshTokens,
        logins: Logins,
        keys: ApiKeys,
        changed: Callable[[UserId], None],
        *,
        clock: Clock = now,
    ) -> None:
        self._database = database
        self._users = users
        self._passwords = passwords
        self._proof = proof
        self._refresh = refresh
        self._logins = logins
        self._keys = keys
        self._changed = changed
        self._clock = clock

    async def update(self, user_id: UserId, request: AccountUpdate) -> User:
        """Change the user and return them. Raises: NotFound."""
        async with self._database.transaction() as unit:
            before = await self._users.find_on(unit, user_id)
            preferences = request.preferences.applied_to(before.preferences) if request.preferences else None
            user = await self._users.change(
                unit, user_id, UserChange(name=request.name, preferences=preferences)
            )
        self._users.forget(user_id)
        return user

    async def change_password(self, caller: Caller, request: PasswordChange) -> None:
        """Change the password. The caller's own login continues; the others end if requested.

        Raises: InvalidField, if the current password is wrong or was wrong too often; Conflict, if the
        account has none; ServerOverload.
        """
        stored = await self._users.login_of(caller.user_id)
        if stored is None:
            raise NotFound("user", caller.user_id)
        if stored.password_hash is None:
            raise Conflict("This account has no password", provider=stored.user.provider)
        try:
            await self._proof.check(
                stored.user.email, stored, request.current_password, site_of(caller.address)
            )
        except AuthenticationFailed:
            raise InvalidField("currentPassword", "This is not your current password.") from None
        password_hash = await self._passwords.hash(request.new_password)
        async with self._database.transaction() as unit:
            await self._users.set_password_hash(unit, stored.user, password_hash)
            if request.end_other_logins:
                await self._refresh.end_logins(unit, caller.user_id, but=caller.login_id)
        self._changed(caller.user_id)

    async def logins(self, caller: Caller, *, limit: int, offset: int) -> tuple[list[ShownLogin], int]:
        """Where the caller is signed in, the login that was used last first, and how many such there are."""
        page, total = await self._logins.page(caller.user_id, limit=limit, offset=offset)
        shown = [
            ShownLogin(
                id=login.id,
                source=login.source,
                created_at=login.created_at,
                used_at=login.used_at,
                is_current=login.id == caller.login_id,
            )
            for login in page
        ]
        return shown, total

    async def end_login(self, user_id: UserId, login_id: LoginId) -> None:
        """Let no token of one of the user's logins count any longer. Raises: NotFound."""
        async with self._database.transaction() as unit:
            login = await self._logins.find_on(unit, user_id, login_id)
            await self._refresh.end_login(unit, login.id)
        self._changed(user_id)

    async def keys(self, user_id: UserId) -> list[ApiKey]:
        """Return the user's keys that are not revoked, oldest first."""
        return await self._keys.live(user_id)

    async def create_key(
        self,
        caller: Caller,
        request: KeyCreate,
        *,
        limits: OwnLimits | None = None,
        on_created: OnCreated[tuple[ApiKey, str]] = nothing_more,
    ) -> tuple[ApiKey, str]:
        """Create a key with these limits of its own; return it and its secret, which is not shown again.

        Raises: InvalidField, if it would expire in the past, or later than the key that it is created with;
        Conflict, if there are too many.
        """
        self._check_expiry(caller, request)
        async with self._database.transaction() as unit:
            created = await self._keys.create(
                unit,
                caller.user_id,
                request.name,
                scopes=request.scopes,
                expires_at=request.expires_at,
                limits=limits,
            )
            await on_created(unit, created)
        return created

    async def revoke_key(self, user_id: UserId, key_id: KeyId) -> ApiKey:
        """Revoke a key and return it; the connections it has opened end. Raises: NotFound."""
        revoked = await self._keys.revoke(user_id, key_id)
        self._changed(user_id)
        return revoked

    def _check_expiry(self, caller: Caller, request: KeyCreate) -> None:
        expires_at = request.expires_at
        if expires_at is not None and expires_at <= self._clock():
            raise InvalidField("expiresAt", "Expected a time in the future.")
        bound = caller.expires_at if caller.credential is Credential.KEY else None
        if bound is not None and (expires_at is None or expires_at > bound):
            raise InvalidField("expiresAt", "A key cannot create one that expires later than itself.")
