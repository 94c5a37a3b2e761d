"""Operations on the providers' sign-ins that are linked to the caller's own account."""

from __future__ import annotations

from roocode_server.handlers.operation import Handlers, operation
from roocode_server.models.error import AuthenticationFailed, Conflict, NotFound, PermissionDenied
from roocode_server.models.identity import (
    Identities,
    IdentityLink,
    IdentityList,
    IdentityRef,
    IdentityShown,
)
from roocode_server.models.user import Caller, Permission


class IdentityHandlers(Handlers, namespace="/identities"):
    @operation("identity.list", rest="GET /api/v1/identities", permission=Permission.ACCOUNT_READ)
    async def list(self, caller: Caller, request: IdentityList) -> Identities:
        """List the providers' sign-ins that are linked to your account, oldest first."""
        return Identities(identities=await self.engine.accounts.identities.all(caller.user_id))

    @operation(
        "identity.link",
        rest="POST /api/v1/identities/{provider}",
        permission=Permission.ACCOUNT_WRITE,
        errors=(AuthenticationFailed, PermissionDenied, Conflict),
    )
    async def link(self, caller: Caller, request: IdentityLink) -> IdentityShown:
        """Link a sign-in that has just ended to your account: from now on it logs in to it.

        You have to be logged in; an API key is not enough.
        """
        return IdentityShown(identity=await self.engine.accounts.identities.link(caller, request))

    @operation(
        "identity.unlink",
        rest="DELETE /api/v1/identities/{identityId}",
        permission=Permission.ACCOUNT_WRITE,
        errors=(NotFound, Conflict),
    )
    async def unlink(self, caller: Caller, request: IdentityRef) -> IdentityShown:
        """Let a sign-in log in to your account no more; logins that came of it go on.

        Your only way to log in stays.
        """
        identities = self.engine.accounts.identities
        return IdentityShown(identity=await identities.unlink(caller.user_id, request.identity_id))
