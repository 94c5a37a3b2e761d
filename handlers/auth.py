"""Operations on the caller's own account. Source: S0, "Authentication Endpoints"."""

from __future__ import annotations

import structlog

from roocode_server.handlers.connection import Connection
from roocode_server.handlers.operation import Handlers, operation
from roocode_server.models.account import (
    AccountUpdate,
    LoggedOut,
    LogOut,
    PasswordChange,
    PasswordChanged,
)
from roocode_server.models.error import (
    AuthenticationFailed,
    Conflict,
    NotFound,
    PermissionDenied,
    ServerOverload,
    TokenExpired,
    ValidationFailed,
)
from roocode_server.models.identity import (
    OpenIdLogin,
    SignInProvider,
    SignInProviderList,
    SignInProviders,
)
from roocode_server.models.login import (
    InvitationAccept,
    Login,
    LoginAnswer,
    OAuthLogin,
    ProfileAnswer,
    ProfileRequest,
    Refresh,
    RefreshAnswer,
    Renew,
    Renewed,
)
from roocode_server.models.quota import Limit
from roocode_server.models.user import Caller, Permission, User

log = structlog.get_logger("accounts")


class AuthHandlers(Handlers, namespace="/auth"):
    """`auth.*`: log in and out, renew tokens, read and change the caller's account."""

    @operation(
        "auth.login",
        audited=True,
        rest="POST /api/v1/auth/login",
        permission=None,
        limit=Limit.AUTHENTICATION,
        errors=(AuthenticationFailed, ServerOverload, ValidationFailed),
    )
    async def login(self, caller: Caller, request: Login) -> LoginAnswer:
        """Log in with an e-mail address and a password. Needs no credentials.

        After several wrong passwords for an address, even the right one is refused for a growing time.
        """
        try:
            return await self.engine.accounts.login(request, caller.address)
        except AuthenticationFailed:
            log.warning(
                "login failed",
                email=request.email,
                address=caller.address,
                request_id=caller.request_id,
            )
            raise

    @operation(
        "auth.oauth",
        audited=True,
        rest="POST /api/v1/auth/oauth/{provider}",
        permission=None,
        limit=Limit.AUTHENTICATION,
        errors=(AuthenticationFailed, PermissionDenied, Conflict, ServerOverload, ValidationFailed),
    )
    async def oauth(self, caller: Caller, request: OAuthLogin) -> LoginAnswer:
        """Log in with the authorization code of an OAuth provider. Needs no credentials.

        The first login creates an account.
        """
        return await self.engine.accounts.login_with_oauth(request, caller.address)

    @operation("auth.providers", rest="GET /api/v1/auth/providers", permission=None)
    async def providers(self, caller: Caller, request: SignInProviderList) -> SignInProviders:
        """List the OpenID Connect providers that people can sign in with. Needs no credentials."""
        labels = self.engine.accounts.sign_ins.providers
        return SignInProviders(
            providers=[
                SignInProvider(name=name, label=label, start_url=f"{caller.base_url}/auth/{name}/start")
                for name, label in labels.items()
            ]
        )

    @operation(
        "auth.oidc",
        audited=True,
        rest="POST /api/v1/auth/oidc/{provider}",
        permission=None,
        errors=(AuthenticationFailed, PermissionDenied, Conflict, ValidationFailed),
    )
    async def oidc(self, caller: Caller, request: OpenIdLogin) -> LoginAnswer:
        """Log in with the code that a sign-in at an OpenID Connect provider has ended with.

        Needs no credentials. The sign-in was counted when it started. It works once, and makes an account
        where the provider's settings say so.
        """
        return await self.engine.accounts.login_with_openid(request, caller.address)

    @operation(
        "auth.refresh",
        audited=True,
        rest="POST /api/v1/auth/refresh",
        permission=None,
        limit=Limit.AUTHENTICATION,
        errors=(AuthenticationFailed, TokenExpired, ValidationFailed),
    )
    async def refresh(self, caller: Caller, request: Refresh) -> RefreshAnswer:
        """Exchange a refresh token for new tokens. Needs no credentials.

        A refresh token works once. If it is used again, all tokens that came from the same login are revoked.
        """
        return await self.engine.accounts.refresh(request.refresh_token)

    @operation(
        "auth.renew",
        permission=None,
        limit=Limit.AUTHENTICATION,
        errors=(AuthenticationFailed, TokenExpired, PermissionDenied, ValidationFailed),
    )
    async def renew(self, caller: Caller, request: Renew, connection: Connection) -> Renewed:
        """Give the connection a new token, before the current one expires or shortly after.

        It must belong to the same user. Events that happened in the meantime are sent as if nothing had
        interrupted the connection.
        """
        identity = await self.engine.accounts.identify(request.token)
        if identity.user.id != caller.user_id:
            raise PermissionDenied("The token belongs to another user; open a separate connection for it")
        connection.renew(identity)
        return Renewed(expires_at=identity.expires_at)

    @operation(
        "auth.profile",
        rest="GET /api/v1/auth/profile",
        permission=Permission.ACCOUNT_READ,
        errors=(NotFound,),
    )
    async def profile(self, caller: Caller, request: ProfileRequest) -> ProfileAnswer:
        """Get your own profile, and what your credential lets you do."""
        return _profile(caller, await self.engine.accounts.profile(caller.user_id))

    @operation(
        "auth.update",
        rest="PUT /api/v1/auth/profile",
        permission=Permission.ACCOUNT_WRITE,
        errors=(NotFound,),
    )
    async def update(self, caller: Caller, request: AccountUpdate) -> ProfileAnswer:
        """Change your own name or preferences. Fields that are left out stay as they are."""
        return _profile(caller, await self.engine.accounts.own.update(caller.user_id, request))

    @operation(
        "auth.password",
        rest="PUT /api/v1/auth/password",
        permission=Permission.ACCOUNT_WRITE,
        limit=Limit.AUTHENTICATION,
        errors=(Conflict, ServerOverload),
    )
    async def password(self, caller: Caller, request: PasswordChange) -> PasswordChanged:
        """Change your own password.

        Your other logins end, unless `endOtherLogins` is false; API keys remain valid.
        """
        await self.engine.accounts.own.change_password(caller, request)
        return PasswordChanged(changed=True)

    @operation(
        "auth.logout",
        rest="POST /api/v1/auth/logout",
        permission=Permission.ACCOUNT_WRITE,
        errors=(Conflict,),
    )
    async def logout(self, caller: Caller, request: LogOut) -> LoggedOut:
        """End your login, with its tokens and the connections they have opened; with `all`, end all your
        logins.
        """
        await self.engine.accounts.logout(caller, everywhere=request.all)
        return LoggedOut(logged_out=True)

    @operation(
        "auth.accept",
        audited=True,
        rest="POST /api/v1/auth/invitation",
        permission=None,
        limit=Limit.AUTHENTICATION,
        errors=(AuthenticationFailed, TokenExpired, ValidationFailed),
    )
    async def accept(self, caller: Caller, request: InvitationAccept) -> LoginAnswer:
        """Choose a password with an invitation, and log in. Needs no credentials.

        An invitation works once. The user's other logins end.
        """
        return await self.engine.accounts.accept_invitation(request, caller.address)


def _profile(caller: Caller, user: User) -> ProfileAnswer:
    return ProfileAnswer(user=user, permissions=sorted(caller.permissions))
