"""The dashboard's own routes: it logs in like everybody else, but its tokens stay in the browser's cookies.

The operations are those of the other doors; what their answers say of tokens goes into cookies instead of the
body. Other origins' pages are refused: nobody is logged in, or out, by somebody else's page.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, Final

from aiohttp import web

from roocode_server.engine.accounts.digests import digest_of
from roocode_server.handlers.operation import Operation, Registry
from roocode_server.handlers.pipeline import OperationResponse, Pipeline
from roocode_server.models.account import LogOut
from roocode_server.models.error import AppError, AuthenticationFailed, PermissionDenied
from roocode_server.models.identity import OpenIdLogin
from roocode_server.models.login import InvitationAccept, Login, ProfileRequest, Refresh
from roocode_server.models.settings import ServerSettings
from roocode_server.models.shape import Shape
from roocode_server.models.user import Caller
from roocode_server.server.cookies import LoginCookies
from roocode_server.server.doors.bodies import BodyLimits
from roocode_server.server.doors.rest import REQUEST_ID, Handler, gather, respond
from roocode_server.server.gate import Gate
from roocode_server.server.identity import Authenticator, credential_of

PATH: Final = "/dashboard"
RENEWAL_KEPT_S: Final = 30.0


class DashboardDoor:
    """Logs the dashboard in and out. Its other calls are everybody's, with its cookies as credentials."""

    def __init__(
        self,
        registry: Registry,
        pipeline: Pipeline,
        identity: Authenticator,
        gate: Gate,
        cookies: LoginCookies,
        settings: ServerSettings,
    ) -> None:
        self._registry = registry
        self._pipeline = pipeline
        self._identity = identity
        self._gate = gate
        self._cookies = cookies
        self._settings = settings
        self._profile = self._operation(ProfileRequest)
        self._logout = self._operation(LogOut)
        self._refresh = self._operation(Refresh)
        self._renewals = Renewals(self._renewal)

    def add_routes(self, app: web.Application) -> None:
        """Mount `GET /dashboard/login`, and `POST` of it and of what else changes the login."""
        app.router.add_get(f"{PATH}/login", self._look)
        posts: dict[str, Handler] = {
            "login": partial(self._log_in, self._operation(Login)),
            "sign-in": partial(self._log_in, self._operation(OpenIdLogin)),
            "invitation": partial(self._log_in, self._operation(InvitationAccept)),
            "refresh": self._go_on,
            "credential": self._take,
            "logout": self._log_out,
        }
        for name, handler in posts.items():
            app.router.add_post(f"{PATH}/{name}", self._for_own_pages(handler))

    def _operation(self, request: type[Shape]) -> Operation:
        return next(found for found in self._registry.values() if found.request is request)

    def _for_own_pages(self, handler: Handler) -> Handler:
        async def serve(request: web.Request) -> web.StreamResponse:
            if not self._gate.is_own_page(request):
                raise PermissionDenied("Only the dashboard logs in here; other clients use auth.login")
            return await handler(request)

        return serve

    async def _look(self, request: web.Request) -> web.Response:
        """Whether the browser has a login, which a script cannot see; it may have ended meanwhile."""
        found = self._cookies.credential(request) or self._cookies.refresh_token(request)
        return respond(OperationResponse(200, {"isLoggedIn": found is not None}))

    async def _log_in(self, declared: Operation, request: web.Request) -> web.Response:
        """Log in by whatever the operation takes."""
        caller = self._nobody(request)
        read = partial(gather, request, declared.request, BodyLimits.of(self._settings, caller))
        return self._kept(request, await self._pipeline.answer(declared, caller, read))

    async def _go_on(self, request: web.Request) -> web.Response:
        """Renew the tokens: by the refresh token of the body (out of a link), or of the cookie."""
        caller = self._nobody(request)
        said = await gather(request, Refresh, BodyLimits.of(self._settings, caller))
        if said:
            return self._kept(request, await self._pipeline.answer(self._refresh, caller, said))
        token = self._cookies.refresh_token(request)
        if token is None:
            raise AuthenticationFailed
        answer = await self._renewals.answer(token, caller)
        response = self._kept(request, answer)
        if isinstance(answer.failure, AuthenticationFailed):
            self._cookies.take_back(request, response)
        return response

    async def _renewal(self, token: str, caller: Caller) -> OperationResponse:
        return await self._pipeline.answer(self._refresh, caller, {"refreshToken": token})

    async def _take(self, request: web.Request) -> web.Response:
        """Keep the API key or access token of the `Authorization` header, if it is valid."""
        credential = credential_of(request)
        if credential is None:
            raise AuthenticationFailed
        caller = await self._identity.of_request(request, request[REQUEST_ID])
        answer = await self._pipeline.answer(self._profile, caller, {})
        response = respond(answer)
        if answer.failure is None:
            self._cookies.keep_credential(request, response, credential)
        return response

    async def _log_out(self, request: web.Request) -> web.Response:
        """End the login of the cookies, also where its access token has expired, and forget them."""
        answer = OperationResponse(200, {"loggedOut": True})
        caller = await self._kept_caller(request)
        if caller is not None and caller.login_id is not None:
            answer = await self._pipeline.answer(self._logout, caller, {})
        self._renewals.forget()
        response = respond(answer)
        self._cookies.take_back(request, response)
        return response

    async def _kept_caller(self, request: web.Request) -> Caller | None:
        """Whose the cookies are; None, if they are good for nothing any more."""
        request_id = request[REQUEST_ID]
        try:
            credential = self._cookies.credential(request)
            if credential is not None:
                return await self._identity.of_credential(credential, request, request_id)
        except AppError:
            pass  # expired: the refresh token is of the same login
        token = self._cookies.refresh_token(request)
        answer = None if token is None else await self._renewals.answer(token, self._nobody(request))
        if answer is None or answer.failure is not None:
            return None
        return await self._identity.of_credential(answer.body["tokens"]["accessToken"], request, request_id)

    def _nobody(self, request: web.Request) -> Caller:
        return self._identity.nobody(request, request[REQUEST_ID])

    def _kept(self, request: web.Request, answer: OperationResponse) -> web.Response:
        """The answer to a login, whose tokens go into cookies."""
        shown: Mapping[str, Any] = {name: part for name, part in answer.body.items() if name != "tokens"}
        response = respond(OperationResponse(answer.status, dict(shown), answer.failure, answer.quota))
        if answer.failure is None:
            self._cookies.keep_tokens(request, response, answer.body["tokens"])
        return response


class Renewals:
    """One renewal for each refresh token, whose answer is given again for some seconds.

    Tabs share their cookies and may renew at once, and an answer may get lost on its way; a refresh token
    that comes twice would otherwise end the login.
    """

    def __init__(self, renew: Callable[[str, Caller], Awaitable[OperationResponse]]) -> None:
        self._renew = renew
        self._lately: dict[str, asyncio.Future[OperationResponse]] = {}

    async def answer(self, token: str, caller: Caller) -> OperationResponse:
        """The answer to this token's renewal."""
        digest = digest_of(token)
        found = self._lately.get(digest)
        if found is None:
            found = self._lately[digest] = asyncio.ensure_future(self._renew(token, caller))
            found.add_done_callback(partial(self._forget_later, digest))
        return await asyncio.shield(found)

    def forget(self) -> None:
        """Give no answer again: a login has ended."""
        self._lately.clear()

    def _forget_later(self, digest: str, renewal: asyncio.Future[OperationResponse]) -> None:
        is_renewed = not renewal.cancelled() and renewal.exception() is None and not renewal.result().failure
        kept_s = RENEWAL_KEPT_S if is_renewed else 0
        renewal.get_loop().call_later(kept_s, self._lately.pop, digest, None)
