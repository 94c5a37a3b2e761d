"""Operations on the caller's own logins: where they are signed in."""

from __future__ import annotations

from roocode_server.handlers.operation import Handlers, operation
from roocode_server.models.account import LoggedOut, LoginList, LoginPage, LoginRef
from roocode_server.models.error import NotFound
from roocode_server.models.page import pagination
from roocode_server.models.user import Caller, Permission


class LoginHandlers(Handlers, namespace="/logins"):
    @operation("login.list", rest="GET /api/v1/logins", permission=Permission.ACCOUNT_READ)
    async def list(self, caller: Caller, request: LoginList) -> LoginPage:
        """List your own logins that still work, the one that was used last first.

        `isCurrent` is true for the one that your access token came from.
        """
        logins, total = await self.engine.accounts.own.logins(
            caller, limit=request.limit, offset=request.offset
        )
        page = pagination(total=total, limit=request.limit, offset=request.offset)
        return LoginPage(data=logins, pagination=page)

    @operation(
        "login.end",
        rest="DELETE /api/v1/logins/{loginId}",
        permission=Permission.ACCOUNT_WRITE,
        errors=(NotFound,),
    )
    async def end(self, caller: Caller, request: LoginRef) -> LoggedOut:
        """End one of your own logins, with its tokens and the connections that they have opened."""
        await self.engine.accounts.own.end_login(caller.user_id, request.login_id)
        return LoggedOut(logged_out=True)
