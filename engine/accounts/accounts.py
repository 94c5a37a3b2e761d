"""User accounts: authentication by password, OAuth provider, access token or API key."""

from __future__ import annotations

import asyncio
import datetime
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import orjson
from argon2 import PasswordHasher

from roocode_server.engine.accounts.digests import new_secret
from roocode_server.engine.accounts.keys import PREFIX, ApiKeys
from roocode_server.engine.accounts.oauth import OAuth
from roocode_server.engine.accounts.passwords import Passwords
from roocode_server.engine.accounts.refresh_tokens import RefreshTokens
from roocode_server.engine.accounts.secrets import signing_secret, write_private
from roocode_server.engine.accounts.tokens import AccessTokens, Clock
from roocode_server.engine.accounts.users import Users
from roocode_server.engine.accounts.watch import CredentialWatch
from roocode_server.engine.storage.accounts import (
    ApiKeyRepository,
    RefreshTokenRepository,
    StoredLogin,
    UserRepository,
)
from roocode_server.engine.storage.database import Database, Transaction
from roocode_server.models.auth_settings import AuthSettings
from roocode_server.models.clock import now
from roocode_server.models.credential import ApiKey
from roocode_server.models.error import AuthenticationFailed, Conflict, NotFound
from roocode_server.models.identifier import KeyId, UserId
from roocode_server.models.login import (
    LONGEST_SECRET,
    Login,
    LoginAnswer,
    NewUser,
    OAuthLogin,
    RefreshAnswer,
    Tokens,
)
from roocode_server.models.quota import NO_LIMITS, OwnLimits
from roocode_server.models.user import Caller, Credential, Identity, IdentityProvider, Role, User

ADMIN_EMAIL: Final = "admin@localhost"
ADMIN_FILE: Final = "admin.json"
SECRET_FILE: Final = "secret.key"  # noqa: S105 - a file's name


class Accounts:
    """Users and their credentials.

    Constructing it reads the signing secret, or creates it on the first run.
    """

    def __init__(
        self,
        database: Database,
        settings: AuthSettings,
        data_dir: Path,
        *,
        clock: Clock = now,
        hasher: PasswordHasher | None = None,
    ) -> None:
        """Raises: SecretDamaged, if the secret file holds no secret; OSError, if the data directory cannot be
        used.
        """
        self._database = database
        self._users = Users(UserRepository(database), clock=clock)
        self._keys = ApiKeys(database, ApiKeyRepository(database), clock=clock)
        self._passwords = Passwords(hasher)
        self._oauth = OAuth(settings.oauth)
        self._access = AccessTokens(
            signing_secret(data_dir / SECRET_FILE), lifetime_s=settings.access_token_s, clock=clock
        )
        self._refresh = RefreshTokens(
            database,
            RefreshTokenRepository(database),
            lifetime_s=settings.refresh_token_s,
            clock=clock,
        )
        self._administrator: UserId | None = None
        self.watch = CredentialWatch(self._fallen)

    async def login(self, request: Login) -> LoginAnswer:
        """Log a user in with their password.

        Raises: AuthenticationFailed, with the same message whether the address or the password is wrong.
        """
        # A lockout after failed attempts would belong here, before the password is verified.
        stored = await self._users.login(request.email)
        is_right = await self._passwords.verify(stored.password_hash if stored else None, request.password)
        if stored is None or not is_right or not await self._may_act(stored.user.id):
            raise AuthenticationFailed("The e-mail address or the password is wrong")
        renewed = await self._renewed_hash(stored, request.password)
        async with self._database.transaction() as unit:
            if renewed is not None:
                await self._users.set_password_hash(unit, stored.user, renewed)
            answer = await self._admit(unit, stored.user)
        self._users.forget(stored.user.id)
        return answer

    async def login_with_oauth(self, request: OAuthLogin) -> LoginAnswer:
        """Log a user in through an OAuth provider; the first login creates the account.

        Raises: as `OAuth.person`; Conflict, if the address belongs to an account of another provider;
        AuthenticationFailed, if the account is disabled.
        """
        person = await self._oauth.person(request)
        provider = IdentityProvider(request.provider)
        async with self._database.transaction() as unit:
            user = await self._users.by_email_on(unit, person.email)
            is_new = user is None
            if user is None:
                user = await self._users.create(unit, person.email, person.name, provider=provider)
            if user.provider is not provider:
                raise Conflict("The account with this address logs in another way", provider=user.provider)
            if not is_new and not await self._may_act(user.id):
                raise AuthenticationFailed
            answer = await self._admit(unit, user)
        self._users.forget(user.id)
        return answer

    async def refresh(self, refresh_token: str) -> RefreshAnswer:
        """Exchange a refresh token for new tokens. Each refresh token works once.

        Raises: TokenExpired; AuthenticationFailed, if it is unknown, revoked or already used.
        """
        user_id, following = await self._refresh.rotate(refresh_token)
        if not await self._may_act(user_id):
            raise AuthenticationFailed
        return RefreshAnswer(tokens=self._tokens(user_id, following))

    async def profile(self, user_id: UserId) -> User:
        """Return the user. Raises: NotFound."""
        user = await self._users.find(user_id)
        if user is None:
            raise NotFound("user", user_id)
        return user

    async def identify(self, credential: str) -> Identity:
        """Return the identity behind an API key or access token.

        Raises: AuthenticationFailed, if it is not valid; TokenExpired.
        """
        if len(credential) > LONGEST_SECRET or not credential.isascii():
            raise AuthenticationFailed
        if credential.startswith(PREFIX):
            key = await self._keys.check(credential)
            return await self._identity(
                key.user_id, Credential.KEY, key.id, key.expires_at, limits=key.limits
            )
        token = self._access.check(credential)
        return await self._identity(
            token.user_id, Credential.TOKEN, token.id, token.expires_at, token.issued_at
        )

    async def open_identity(self) -> Identity:
        """Return the identity of callers without credentials when `auth.mode` is open: the administrator."""
        if self._administrator is None:
            self._administrator = (await self._users.by_email(ADMIN_EMAIL)).id
        return await self._identity(self._administrator, Credential.OPEN, "", None, limits=NO_LIMITS)

    async def create_user(
        self, email: str, password: str, name: str, roles: Sequence[Role] = (Role.USER,)
    ) -> User:
        """Create a user who logs in with a password.

        Raises: ValidationFailed; Conflict, if the address is taken.
        """
        new = NewUser.load({"email": email, "name": name, "password": password})
        password_hash = await self._passwords.hash(new.password)
        async with self._database.transaction() as unit:
            return await self._users.create(
                unit, new.email, new.name, roles=roles, password_hash=password_hash
            )

    async def create_key(
        self,
        email: str,
        name: str,
        *,
        expires_at: datetime.datetime | None = None,
        limits: OwnLimits | None = None,
    ) -> str:
        """Create an API key for the user with this address and return its secret, which is not shown again.

        `limits` replace the server's. Raises: NotFound.
        """
        user = await self._users.by_email(email)
        async with self._database.transaction() as unit:
            return await self._keys.create(unit, user.id, name, expires_at=expires_at, limits=limits)

    async def keys(self, email: str) -> list[ApiKey]:
        """Return the API keys of the user with this address, oldest first. Raises: NotFound."""
        return await self._keys.list((await self._users.by_email(email)).id)

    async def revoke_key(self, email: str, key_id: KeyId) -> ApiKey:
        """Revoke an API key of the user with this address; it stops working at once.

        Raises: NotFound, if there is no such user or key.
        """
        revoked = await self._keys.revoke((await self._users.by_email(email)).id, key_id)
        self.watch.look_now()
        return revoked

    async def set_password(self, email: str, password: str) -> User:
        """Change a user's password and revoke all their access and refresh tokens.

        API keys stay valid; they are revoked one by one. Raises: NotFound; ValidationFailed.
        """
        user = await self._users.by_email(email)
        new = NewUser.load({"email": user.email, "name": user.name, "password": password})
        password_hash = await self._passwords.hash(new.password)
        async with self._database.transaction() as unit:
            await self._users.set_password_hash(unit, user, password_hash)
            await self._users.take_back_tokens(unit, user)
            await self._refresh.revoke_all(unit, user.id)
        self._users.forget(user.id)
        self.watch.look_now()
        return user

    async def set_disabled(self, email: str, *, is_disabled: bool) -> User:
        """Disable or enable a user. A disabled user is refused with any credential. Raises: NotFound."""
        user = await self._users.by_email(email)
        async with self._database.transaction() as unit:
            await self._users.set_disabled(unit, user, is_disabled)
        self._users.forget(user.id)
        self.watch.look_now()
        return user

    async def ensure_admin(self, data_dir: Path) -> None:
        """Create the administrator, and `admin.json` with the login details, unless they exist.

        The file is written before the account is committed: a crash in between leaves a file with unusable
        credentials, which the next start replaces.
        """
        if await self._users.login(ADMIN_EMAIL) is not None:
            return
        password = new_secret()
        password_hash = self._passwords.hash_secret(password)
        async with self._database.transaction() as unit:
            if await self._users.by_email_on(unit, ADMIN_EMAIL) is not None:
                return
            user = await self._users.create(
                unit, ADMIN_EMAIL, "Administrator", roles=[Role.ADMIN], password_hash=password_hash
            )
            key = await self._keys.create(unit, user.id, "administrator", limits=NO_LIMITS)
            how = orjson.dumps({"email": ADMIN_EMAIL, "password": password, "apiKey": key}).decode() + "\n"
            await asyncio.to_thread(write_private, data_dir / ADMIN_FILE, how)

    async def _admit(self, unit: Transaction, user: User) -> LoginAnswer:
        """Record a successful login and issue its tokens."""
        admitted = await self._users.record_login(unit, user)
        refresh_token = await self._refresh.start(unit, user.id)
        return LoginAnswer(user=admitted, tokens=self._tokens(user.id, refresh_token))

    async def _renewed_hash(self, stored: StoredLogin, password: str) -> str | None:
        """Return a hash with the current parameters if the stored one was made with others, else None."""
        if stored.password_hash is None or not self._passwords.is_outdated(stored.password_hash):
            return None
        return await self._passwords.hash(password)

    async def _identity(
        self,
        user_id: UserId,
        credential: Credential,
        credential_id: str,
        expires_at: datetime.datetime | None,
        issued_at: datetime.datetime | None = None,
        *,
        limits: OwnLimits | None = None,
    ) -> Identity:
        user = await self._users.find(user_id)
        standing = await self._users.standing(user_id)
        if user is None or standing is None or not standing.accepts(issued_at):
            raise AuthenticationFailed
        return Identity(
            user=user,
            credential=credential,
            credential_id=credential_id,
            expires_at=expires_at,
            issued_at=issued_at,
            limits=limits,
        )

    async def _may_act(self, user_id: UserId) -> bool:
        standing = await self._users.standing(user_id)
        return standing is not None and standing.disabled_at is None

    async def _fallen(self, callers: Iterable[Caller]) -> list[Caller]:
        """Return those callers whose credential was revoked or whose account was disabled."""
        asked = list(callers)
        keys = await self._keys.good(
            [each.credential_id for each in asked if each.credential is Credential.KEY]
        )
        standings = await self._users.standings({each.user_id for each in asked})

        def is_good(caller: Caller) -> bool:
            standing = standings.get(caller.user_id)
            if standing is None or not standing.accepts(caller.issued_at):
                return False
            return caller.credential is not Credential.KEY or caller.credential_id in keys

        return [each for each in asked if not is_good(each)]

    def _tokens(self, user_id: UserId, refresh_token: str) -> Tokens:
        return Tokens(
            access_token=self._access.issue(user_id),
            refresh_token=refresh_token,
            expires_in=self._access.lifetime_s,
        )
