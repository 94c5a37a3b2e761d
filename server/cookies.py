"""The cookies of this server, out of every script's reach, and the login that a browser keeps in them.

Source: RFC 6265bis, 4.1.3 (prefixes of names) and 5.6.7 (`SameSite`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from aiohttp import web

from roocode_server.server.gate import Gate, base_url

AT_ONCE: Final = 0
"""The age at which a cookie is gone."""


class BrowserCookies:
    """Gives and finds cookies.

    `issuer_id` sets their names apart from those of other servers on the same host: cookies know no ports.
    """

    def __init__(self, public_url: str | None, *, issuer_id: str) -> None:
        self._public_url = public_url
        self._issuer_id = issuer_id

    def find(self, request: web.Request, kind: str) -> str | None:
        """What the browser keeps as a cookie of this kind."""
        return request.cookies.get(self._name(request, kind)) or None

    def give(
        self,
        request: web.Request,
        response: web.StreamResponse,
        kind: str,
        content: str,
        *,
        age_s: int | None,
        same_site: Literal["Strict", "Lax"] = "Strict",
    ) -> None:
        """Have the browser keep a cookie for that long; None: until it is closed."""
        response.set_cookie(
            self._name(request, kind),
            content,
            max_age=age_s,
            path=self._path(request),
            secure=self._is_secure(request),
            httponly=True,
            samesite=same_site,
        )

    def _name(self, request: web.Request, kind: str) -> str:
        """Browsers accept the prefixes over TLS only, and `__Host-` for the whole host only."""
        name = f"roocode-{kind}-{self._issuer_id}"
        if not self._is_secure(request):
            return name
        return f"__Host-{name}" if self._path(request) == "/" else f"__Secure-{name}"

    def _is_secure(self, request: web.Request) -> bool:
        return urlsplit(base_url(request, self._public_url)).scheme == "https"

    def _path(self, request: web.Request) -> str:
        return urlsplit(base_url(request, self._public_url)).path or "/"


class LoginCookies:
    """The cookies of a login. They count for requests of this server's own pages."""

    def __init__(self, cookies: BrowserCookies, gate: Gate, *, refresh_token_s: int) -> None:
        self._cookies = cookies
        self._gate = gate
        self._refresh_token_s = refresh_token_s

    def credential(self, request: web.Request) -> str | None:
        """The access token or API key that the browser keeps; None if it has none, or another page asks."""
        return self._found(request, "credential")

    def refresh_token(self, request: web.Request) -> str | None:
        """The refresh token that the browser keeps; None as above."""
        return self._found(request, "refresh")

    def keep_tokens(
        self, request: web.Request, response: web.StreamResponse, tokens: Mapping[str, Any]
    ) -> None:
        """Have the browser keep the tokens of a login, for as long as they are valid."""
        give = self._cookies.give
        give(request, response, "credential", tokens["accessToken"], age_s=tokens["expiresIn"])
        give(request, response, "refresh", tokens["refreshToken"], age_s=self._refresh_token_s)

    def keep_credential(self, request: web.Request, response: web.StreamResponse, credential: str) -> None:
        """Have the browser keep an API key or access token until it is closed."""
        self._cookies.give(request, response, "credential", credential, age_s=None)
        self._cookies.give(request, response, "refresh", "", age_s=AT_ONCE)

    def take_back(self, request: web.Request, response: web.StreamResponse) -> None:
        """Have the browser forget both."""
        for kind in ("credential", "refresh"):
            self._cookies.give(request, response, kind, "", age_s=AT_ONCE)

    def _found(self, request: web.Request, kind: str) -> str | None:
        if "Cookie" not in request.headers or not self._gate.is_own_page(request):
            return None
        return self._cookies.find(request, kind)
