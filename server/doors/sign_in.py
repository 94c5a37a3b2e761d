"""The redirects of a sign-in at an OpenID Connect provider: there, and back with a code that works once.

No token is ever in an address. What went wrong is told on the sign-in page, by a word behind `#`.
"""

from __future__ import annotations

from typing import Final

import structlog
from aiohttp import web

from roocode_server.engine.accounts.openid.refusal import SignInRefused
from roocode_server.engine.accounts.openid.sign_ins import SIGN_IN_S, ProviderAnswer, SignIns
from roocode_server.engine.limits.rates import RateLimits
from roocode_server.models.error import InvalidField, RateLimitExceeded
from roocode_server.models.identity import SignInRefusal, SignInStart
from roocode_server.models.quota import Limit
from roocode_server.server.cookies import AT_ONCE, BrowserCookies
from roocode_server.server.doors.rest import REQUEST_ID
from roocode_server.server.identity import Authenticator

SIGN_IN_COOKIE: Final = "sign-in"
CODE_FRAGMENT: Final = "sign-in"
REFUSAL_FRAGMENT: Final = "sign-in-refused"

log = structlog.get_logger("accounts")


class SignInDoor:
    """`/auth/{provider}/start` and `/auth/{provider}/callback`."""

    def __init__(
        self, sign_ins: SignIns, rates: RateLimits, identity: Authenticator, cookies: BrowserCookies
    ) -> None:
        self._sign_ins = sign_ins
        self._rates = rates
        self._identity = identity
        self._cookies = cookies

    def add_routes(self, app: web.Application) -> None:
        """Mount both."""
        app.router.add_get("/auth/{provider}/start", self._start, allow_head=False)
        app.router.add_get("/auth/{provider}/callback", self._callback, allow_head=False)

    async def _start(self, request: web.Request) -> web.Response:
        asked = SignInStart.load(dict(request.query))
        provider, base = request.match_info["provider"], self._identity.base_url(request)
        self._sign_ins.settings_of(provider)
        path = _path_here(asked.next)
        try:
            caller = self._identity.nobody(request, request[REQUEST_ID])
            await self._rates.count(Limit.AUTHENTICATION, caller, by_address=True)
            started = await self._sign_ins.start(
                provider, f"{base}/auth/{provider}/callback", next=path, challenge=asked.challenge
            )
        except RateLimitExceeded as refusal:
            return self._refused(request, SignInRefused(SignInRefusal.BUSY, refusal.message))
        except SignInRefused as refusal:
            return self._refused(request, refusal)
        response = _redirect(started.url)
        self._cookies.give(
            request, response, SIGN_IN_COOKIE, started.sealed, age_s=SIGN_IN_S, same_site="Lax"
        )
        return response

    async def _callback(self, request: web.Request) -> web.Response:
        sealed = self._cookies.find(request, SIGN_IN_COOKIE)
        try:
            ended = await self._sign_ins.end(request.match_info["provider"], sealed, _answer(request))
        except SignInRefused as refusal:
            response = self._refused(request, refusal)
        else:
            base = self._identity.base_url(request)
            response = _redirect(f"{base}{ended.next}#{CODE_FRAGMENT}={ended.code}")
        self._cookies.give(request, response, SIGN_IN_COOKIE, "", age_s=AT_ONCE, same_site="Lax")
        return response

    def _refused(self, request: web.Request, refusal: SignInRefused) -> web.Response:
        log.warning(
            "sign-in refused",
            provider=request.match_info["provider"],
            reason=refusal.reason,
            detail=refusal.detail,
            address=self._identity.nobody(request, "").address,
            request_id=request[REQUEST_ID],
        )
        return _redirect(f"{self._identity.base_url(request)}/#{REFUSAL_FRAGMENT}={refusal.reason}")


def _redirect(url: str) -> web.Response:
    return web.Response(status=303, headers={"Location": url})


def _path_here(path: str) -> str:
    """The path (and query) where the browser goes on. Raises: InvalidField, if it may lead elsewhere."""
    is_here = path.startswith("/") and not path.startswith("//")
    if not is_here or not path.isascii() or not path.isprintable() or {"\\", "#"} & set(path):
        raise InvalidField("next", "Expected a path on this server, such as /?session=….")
    return path


def _answer(request: web.Request) -> ProviderAnswer:
    """The parameters of the provider's answer; one that is there twice counts as missing (RFC 6749, 3.1)."""

    def said(name: str) -> str | None:
        found = request.query.getall(name, [])
        return found[0] if len(found) == 1 else None

    return ProviderAnswer(
        state=said("state") or "", code=said("code"), error=said("error"), issuer=said("iss")
    )
