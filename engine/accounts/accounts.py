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
from roocode_server.engine.accounts.identities import LinkedIdentities
from roocode_server.engine.accounts.invitations import Invitations
from roocode_server.engine.accounts.keys import KEY_PREFIX, ApiKeys
from roocode_server.engine.accounts.lockout import Lockout
from roocode_server.engine.accounts.logins import Logins
from roocode_server.engine.accounts.oauth import OAuth
from roocode_server.engine.accounts.openid.sign_ins import SignIns
from roocode_server.engine.accounts.own_account import OwnAccount
from roocode_server.engine.accounts.passwords import Passwords
from roocode_server.engine.accounts.people import People
from roocode_server.engine.accounts.proof import PasswordProof
from roocode_server.engine.accounts.refresh_tokens import RefreshTokens
from roocode_server.engine.accounts.signing_keys import signing_keys
from roocode_server.engine.accounts.tokens import AccessTokens, Clock
from roocode_server.engine.accounts.users import UserChange, Users
from roocode_server.engine.accounts.watch import CredentialWatch
from roocode_server.engine.network.sites import site_of
from roocode_server.engine.sealing.private_files import write_private
from roocode_server.engine.storage.accounts import (
    ApiKeyRepository,
    InvitationRepository,
    LoginRepository,
    RefreshTokenRepository,
    StoredLogin,
    UserRepository,
)
from roocode_server.engine.storage.database import Database, Transaction
from roocode_server.models.auth_settings import AuthSettings
from roocode_server.models.clock import now
from roocode_server.models.credential import ApiKey
from roocode_server.models.error import AuthenticationFailed, Conflict, NotFound
from roocode_server.models.identifier import KeyId, LoginId, UserId
from roocode_server.models.identity import OpenIdLogin
from roocode_server.models.login import (
    LONGEST_CREDENTIAL,
    InvitationAccept,
    Login,
    LoginAnswer,
    NewPassword,
    OAuthLogin,
    RefreshAnswer,
    Tokens,
)
from roocode_server.models.quota import NO_LIMITS, OwnLimits
from roocode_server.models.user import (
    EVERY_SCOPE,
    Caller,
    Credential,
    Identity,
    IdentityProvider,
    KeyScope,
    Role,
    User,
)

ADMIN_EMAIL: Final = "admin@localhost"
ADMIN_FILE: Final = "admin.json"
ADMIN_NAME: Final = "Administrator"
SECRET_FILE: Final = "secret.key"  # noqa: S105 - a file's name


class Accounts:
    """Users and their authentication.

    `own` is what users do with their own account, `people` what administrators do with those of others;
    `sign_ins` are those at OpenID Connect providers, `identities` whom they are for.
    """

    def __init__(
        self,
        database: Database,
        settings: AuthSettings,
        data_dir: Path,
        *,
        clock: Clock = now,
        hasher: PasswordHasher | None = None,
        lockout: Lockout | None = None,
    ) -> None:
        """Raises: SecretDamaged, if the secret file holds no secret; OSError, if the data directory cannot be
        used.
        """
        self._database = database
        self._is_invited = settings.invite
        self._users = Users(UserRepository(database), clock=clock)
        self._keys = ApiKeys(database, ApiKeyRepository(database), clock=clock)
        self._passwords = Passwords(hasher)
        self._logins = Logins(LoginRepository(database), lifetime_s=settings.refresh_token_s, clock=clock)
        self._proof = PasswordProof(self._passwords, self._logins, lockout or Lockout())
        self._oauth = OAuth(settings.oauth)
        signing = signing_keys(data_dir / SECRET_FILE)
        self._access = AccessTokens(signing.keys, lifetime_s=settings.access_token_s, clock=clock)
        self._refresh = RefreshTokens(
            database,
            RefreshTokenRepository(database),
            self._logins,
            lifetime_s=settings.refresh_token_s,
            clock=clock,
        )
        self._invitations = Invitations(
            InvitationRepository(database), lifetime_s=settings.invitation_s, clock=clock
        )
        self._administrator: UserId | None = None
        self.issuer_id = signing.issuer_id
        self.watch = CredentialWatch(self._fallen)
        self.sign_ins = SignIns(settings.oidc, [key.secret for key in signing.keys], clock=clock)
        self.identities = LinkedIdentities(database, self._users, self.sign_ins, self._changed, clock=clock)
        self.own = OwnAccount(
            database,
            self._users,
            self._passwords,
            self._proof,
            self._refresh,
            self._logins,
            self._keys,
            self._changed,
            clock=clock,
        )
        self.people = People(
            database, self._users, self._passwords, self._refresh, self._invitations, self._changed
        )

    async def login(self, request: Login, address: str = "") -> LoginAnswer:
        """Log a user in with their password; `address` is where the call comes from.

        Raises: AuthenticationFailed, without saying what is wrong; ServerOverload.
        """
        source = site_of(address)
        stored = await self._users.login(request.email)
        await self._proof.check(request.email, stored, request.password, source)
        if stored is None or not await self._may_act(stored.user.id):
            raise AuthenticationFailed("The e-mail address or the password is wrong")
        renewed = await self._renewed_hash(stored, request.password)
        async with self._database.transaction() as unit:
            if renewed is not None:
                await self._users.set_password_hash(unit, stored.user, renewed)
            answer = await self._admit(unit, stored.user, source)
        self._users.forget(stored.user.id)
        return answer

    async def login_with_oauth(self, request: OAuthLogin, address: str = "") -> LoginAnswer:
        """Log a user in whom an OAuth provider identifies; the first login creates the account.

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
                raise Conflict(
                    "The account with this address uses another way to log in", provider=user.provider
                )
            if not is_new and not await self._may_act(user.id):
                raise AuthenticationFailed
            answer = await self._admit(unit, user, site_of(address))
        self._users.forget(user.id)
        return answer

    async def login_with_openid(self, request: OpenIdLogin, address: str = "") -> LoginAnswer:
        """Let somebody in who has signed in at a provider, by the code that their sign-in has ended with.

        Raises: as `SignIns.redeem` and `LinkedIdentities.user_of`.
        """
        person = self.sign_ins.redeem(request.provider, request.code, request.code_verifier)
        async with self._database.transaction() as unit:
            user = await self.identities.user_of(unit, request.provider, person)
            answer = await self._admit(unit, user, site_of(address))
        self._users.forget(user.id)
        return answer

    async def accept_invitation(self, request: InvitationAccept, address: str = "") -> LoginAnswer:
        """Set the password that an invited user has chosen, end their other logins, and log them in.

        Raises: TokenExpired; AuthenticationFailed, if the invitation is unknown or was used.
        """
        await self._invitations.check(request.invitation)
        password_hash = await self._passwords.hash(request.password)
        async with self._database.transaction() as unit:
            user_id = await self._invitations.accept(unit, request.invitation)
            user = await self._users.find_on(unit, user_id)
            if user.disabled_at is not None:
                raise AuthenticationFailed
            await self._users.set_password_hash(unit, user, password_hash)
            await self._refresh.end_logins(unit, user_id)
            answer = await self._admit(unit, user, site_of(address))
        self._changed(user_id)
        return answer

    async def refresh(self, refresh_token: str) -> RefreshAnswer:
        """Exchange a refresh token for new tokens. Each refresh token works once.

        Raises: TokenExpired; AuthenticationFailed, if it is unknown, revoked or already used.
        """
        rotated = await self._refresh.rotate(refresh_token)
        if not await self._may_act(rotated.user_id):
            raise AuthenticationFailed
        return RefreshAnswer(tokens=self._tokens(rotated.user_id, rotated.login_id, rotated.following))

    async def logout(self, caller: Caller, *, everywhere: bool) -> None:
        """End the login that the caller's token came from, or all of the user's logins.

        Raises: Conflict, if the caller did not log in.
        """
        async with self._database.transaction() as unit:
            if everywhere:
                await self._refresh.end_logins(unit, caller.user_id)
            elif caller.login_id is not None:
                await self._refresh.end_login(unit, caller.login_id)
            else:
                raise Conflict("An API key cannot log out; revoke it with key.revoke")
        self._changed(caller.user_id)

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
        if len(credential) > LONGEST_CREDENTIAL or not credential.isascii():
            raise AuthenticationFailed
        if credential.startswith(KEY_PREFIX):
            key = await self._keys.check(credential)
            return await self._identity(
                key.user_id,
                Credential.KEY,
                key.id,
                key.expires_at,
                scopes=tuple(key.scopes),
                limits=key.limits,
            )
        token = self._access.check(credential)
        if not await self._logins.stands(token.login_id):
            raise AuthenticationFailed
        return await self._identity(
            token.user_id, Credential.TOKEN, token.id, token.expires_at, login_id=token.login_id
        )

    async def open_identity(self) -> Identity:
        """Return the identity of callers without credentials when `auth.mode` is open: the administrator."""
        if self._administrator is None:
            self._administrator = (await self._users.by_email(ADMIN_EMAIL)).id
        return await self._identity(self._administrator, Credential.OPEN, "", None, limits=NO_LIMITS)

    async def create_user(
        self, email: str, password: str, name: str, roles: Sequence[Role] = (Role.DEVELOPER,)
    ) -> User:
        """Create a user who logs in with a password. Raises: ValidationFailed; Conflict, if they exist."""
        return await self.people.create_with_password(email, password, name, roles)

    async def create_key(
        self,
        email: str,
        name: str,
        *,
        scopes: Iterable[KeyScope] = EVERY_SCOPE,
        expires_at: datetime.datetime | None = None,
        limits: OwnLimits | None = None,
    ) -> str:
        """Create an API key for the user with this address and return its secret, which is not shown again.

        `limits` replace the server's. Raises: NotFound; Conflict, if the user has too many keys.
        """
        user = await self._users.by_email(email)
        async with self._database.transaction() as unit:
            _, secret = await self._keys.create(
                unit, user.id, name, scopes=scopes, expires_at=expires_at, limits=limits
            )
        return secret

    async def keys(self, email: str) -> list[ApiKey]:
        """Return the API keys of the user with this address, oldest first. Raises: NotFound."""
        return await self._keys.all((await self._users.by_email(email)).id)

    async def revoke_key(self, email: str, key_id: KeyId) -> ApiKey:
        """Revoke a key of the user with this address and return it. Raises: NotFound."""
        return await self.own.revoke_key((await self._users.by_email(email)).id, key_id)

    async def set_password(self, email: str, password: str) -> User:
        """Set a user's password and end all their logins. API keys stay valid; they are revoked one by one.

        Raises: NotFound; ValidationFailed.
        """
        user = await self._users.by_email(email)
        new = NewPassword.load({"password": password})
        password_hash = await self._passwords.hash(new.password)
        async with self._database.transaction() as unit:
            await self._users.set_password_hash(unit, user, password_hash)
            await self._refresh.end_logins(unit, user.id)
        self._changed(user.id)
        return user

    async def set_disabled(self, email: str, *, is_disabled: bool) -> User:
        """Disable or enable a user, whatever credential they use.

        Raises: NotFound; Conflict, if no active administrator would remain.
        """
        user = await self._users.by_email(email)
        return await self.people.change(user.id, UserChange(disabled=is_disabled))

    async def set_roles(self, email: str, roles: Sequence[Role]) -> User:
        """Replace a user's roles. Raises: as `set_disabled`."""
        user = await self._users.by_email(email)
        return await self.people.change(user.id, UserChange(roles=roles))

    async def end_logins(self, email: str) -> None:
        """End all logins of the user with this address. Raises: NotFound."""
        await self.people.end_logins((await self._users.by_email(email)).id)

    async def invite(self, email: str) -> str:
        """Invite the user with this address; return the invitation's secret. Raises: NotFound; Conflict."""
        user = await self._users.by_email(email)
        _, secret = await self.people.invite(user.id)
        return secret

    async def invite_administrator(self) -> str | None:
        """Invite the first administrator; return the invitation's secret, or None if they have a password."""
        stored = await self._users.login(ADMIN_EMAIL)
        if stored is None or stored.password_hash is not None:
            return None
        return await self.invite(ADMIN_EMAIL)

    async def ensure_admin(self, data_dir: Path) -> None:
        """Create the administrator, and `admin.json` with the login details, unless they exist.

        With `auth.invite` set, the administrator has neither password nor file: see `invite_administrator`.
        The file is written before the account is created: if the server dies in between, the file is useless
        and the next start replaces it.
        """
        if await self._users.login(ADMIN_EMAIL) is not None:
            return
        password = None if self._is_invited else new_secret()
        password_hash = None if password is None else self._passwords.hash_secret(password)
        async with self._database.transaction() as unit:
            if await self._users.by_email_on(unit, ADMIN_EMAIL) is not None:
                return
            user = await self._users.create(
                unit, ADMIN_EMAIL, ADMIN_NAME, roles=[Role.ADMIN], password_hash=password_hash
            )
            if password is None:
                return
            _, key = await self._keys.create(
                unit, user.id, "administrator", scopes=EVERY_SCOPE, limits=NO_LIMITS
            )
            how = orjson.dumps({"email": ADMIN_EMAIL, "password": password, "apiKey": key}).decode() + "\n"
            await asyncio.to_thread(write_private, data_dir / ADMIN_FILE, how)

    async def _admit(self, unit: Transaction, user: User, source: str) -> LoginAnswer:
        """Return the answer to a successful login."""
        admitted = await self._users.record_login(unit, user)
        login_id = await self._logins.start(unit, user.id, source)
        refresh_token = await self._refresh.start(unit, user.id, login_id)
        return LoginAnswer(user=admitted, tokens=self._tokens(user.id, login_id, refresh_token))

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
        *,
        login_id: LoginId | None = None,
        scopes: tuple[KeyScope, ...] = EVERY_SCOPE,
        limits: OwnLimits | None = None,
    ) -> Identity:
        user = await self._users.find(user_id)
        standing = await self._users.standing(user_id)
        if user is None or standing is None or not standing.accepts(user.roles):
            raise AuthenticationFailed
        return Identity(
            user=user,
            credential=credential,
            credential_id=credential_id,
            expires_at=expires_at,
            login_id=login_id,
            scopes=scopes,
            limits=limits,
        )

    async def _may_act(self, user_id: UserId) -> bool:
        standing = await self._users.standing(user_id)
        return standing is not None and standing.disabled_at is None

    async def _fallen(self, callers: Iterable[Caller]) -> list[Caller]:
        """Return the callers whose credential or role has been withdrawn, or who have been disabled."""
        asked = list(callers)
        keys = await self._keys.good(
            {each.credential_id for each in asked if each.credential is Credential.KEY}
        )
        logins = await self._logins.good({each.login_id for each in asked if each.login_id is not None})
        standings = await self._users.standings({each.user_id for each in asked})

        def is_good(caller: Caller) -> bool:
            standing = standings.get(caller.user_id)
            if standing is None or not standing.accepts(caller.roles):
                return False
            if caller.login_id is not None and caller.login_id not in logins:
                return False
            return caller.credential is not Credential.KEY or caller.credential_id in keys

        return [each for each in asked if not is_good(each)]

    def _changed(self, user_id: UserId) -> None:
        """Make a committed change of a user take effect at once, for calls and open connections."""
        self._users.forget(user_id)
        self._logins.forget()
        self.watch.look_now()

    def _tokens(self, user_id: UserId, login_id: LoginId, refresh_token: str) -> Tokens:
        return Tokens(
            access_token=self._access.issue(user_id, login_id),
            refresh_token=refresh_token,
            expires_in=self._access.lifetime_s,
        )
