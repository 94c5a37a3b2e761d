"""Identifies callers by the credentials of a request or handshake, and checks which pages and hosts may call.

Credentials come, in this order, from `Authorization: Bearer`, `X-API-Key`, the handshake's `auth` object, the
WebSocket subprotocol `bearer.TOKEN`, or `?token=`. Source: S0, "Headers" and "Connection"; RFC 6750.
"""

from __future__ import annotations

import ipaddress
import itertools
import secrets
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypedDict
from urllib.parse import parse_qsl

from aiohttp import web

from roocode_server.engine.accounts.accounts import Accounts
from roocode_server.models.auth_settings import AuthMode
from roocode_server.models.error import AuthenticationFailed
from roocode_server.models.settings import ServerSettings
from roocode_server.models.user import Caller, Door
from roocode_server.server.cookies import LoginCookies
from roocode_server.server.gate import base_url

BEARER: Final = "bearer"
SUBPROTOCOL: Final = "bearer."
TOKEN: Final = "token"  # noqa: S105 - the name of a query's field

DOORS: Final = {
    "/socket.io": Door.SOCKET_IO,
    "/ws": Door.WEBSOCKET,
    "/api/v1": Door.REST,
    "/api": Door.S3_REST,
}
"""The path prefixes of the doors."""

_run = secrets.token_hex(4)
_count = itertools.count(1)


def new_request_id() -> str:
    """Return a new id with which a call can be found in the log; unique across restarts."""
    return f"req-{_run}-{next(_count)}"


def challenge(request: web.Request) -> str:
    """The `WWW-Authenticate` header for a caller without valid credentials. Source: RFC 6750, 3."""
    return 'Bearer realm="roocode-server"' + (', error="invalid_token"' if credential_of(request) else "")


class _Facts(TypedDict):
    base_url: str
    address: str
    door: Door
    traceparent: str | None


class Authenticator:
    """Turns requests into callers."""

    def __init__(
        self, accounts: Accounts, mode: AuthMode, settings: ServerSettings, cookies: LoginCookies
    ) -> None:
        self._accounts = accounts
        self._mode = mode
        self._settings = settings
        self._cookies = cookies
        self._proxies = Proxies(settings.trusted_proxies)

    async def of_request(self, request: web.Request, request_id: str) -> Caller:
        """The caller of an HTTP request; anonymous if it has no credentials.

        Raises: AuthenticationFailed, TokenExpired, if the credentials are not valid.
        """
        return await self._identify(credential_of(request), request, request_id)

    async def of_credential(self, credential: str, request: web.Request, request_id: str) -> Caller:
        """The caller of a request that comes with this credential. Raises: as `of_request`."""
        return await self._identify(credential, request, request_id)

    async def of_socket(self, request: web.Request, auth: Mapping[str, Any]) -> Caller:
        """The caller of a socket's handshake. Raises: AuthenticationFailed, TokenExpired."""
        offered = auth.get("token") or auth.get("apiKey")
        if offered is not None and not isinstance(offered, str):
            raise AuthenticationFailed
        caller = await self._identify(offered or credential_of(request), request, new_request_id())
        if caller.is_anonymous:
            raise AuthenticationFailed
        return caller

    def nobody(self, request: web.Request, request_id: str) -> Caller:
        """An anonymous caller, for operations without permission; any credentials are ignored."""
        return Caller.anonymous(request_id=request_id, **self._facts(request))

    async def _identify(self, credential: str | None, request: web.Request, request_id: str) -> Caller:
        if credential:
            identity = await self._accounts.identify(credential)
        elif self._mode is AuthMode.OPEN:
            identity = await self._accounts.open_identity()
        elif kept := self._cookies.credential(request):
            identity = await self._accounts.identify(kept)
        else:
            return self.nobody(request, request_id)
        return Caller.of(identity, request_id=request_id, **self._facts(request))

    def _facts(self, request: web.Request) -> _Facts:
        return {
            "base_url": self.base_url(request),
            "address": self._proxies.address(request),
            "door": door_of(request.path),
            "traceparent": request.headers.get("traceparent"),
        }

    def base_url(self, request: web.Request) -> str:
        """The URL under which the caller reaches this server, without a trailing `/`."""
        return base_url(request, self._settings.public_url)


class Proxies:
    """The trusted proxies in front of the server, which say where a request comes from."""

    def __init__(self, networks: Sequence[str]) -> None:
        self._networks = [ipaddress.ip_network(network, strict=False) for network in networks]

    def address(self, request: web.Request) -> str:
        """The address of the caller: the last one in `X-Forwarded-For` that is not a trusted proxy's.

        What stands before it may have been written by the caller, and is ignored.
        """
        address = request.remote or ""
        if not self._networks:
            return address
        hops = ",".join(request.headers.getall("X-Forwarded-For", [])).split(",")
        while hops and self._trusts(address):
            address = hops.pop().strip() or address
        return address

    def _trusts(self, address: str) -> bool:
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(parsed in network for network in self._networks)


def door_of(path: str) -> Door:
    """Which door a request's path leads to."""
    return next((door for start, door in DOORS.items() if path.startswith(start)), Door.REST)


def credential_of(request: web.Request) -> str | None:
    """The token or key that a request brings along in its headers or its query."""
    return _from_headers(request) or _from_subprotocol(request) or _from_query(request)


def _from_headers(request: web.Request) -> str | None:
    scheme, _, credentials = request.headers.get("Authorization", "").strip().partition(" ")
    if scheme.lower() == BEARER:
        return credentials.strip()
    return request.headers.get("X-API-Key")


def _from_subprotocol(request: web.Request) -> str | None:
    offered = request.headers.get("Sec-WebSocket-Protocol", "").split(",")
    tokens = [item.strip().removeprefix(SUBPROTOCOL) for item in offered if SUBPROTOCOL in item]
    return tokens[0] if tokens else None


def _from_query(request: web.Request) -> str | None:
    return query_of(request).get(TOKEN)


def query_of(request: web.Request) -> Mapping[str, str]:
    """Return the query; `?token=…` may be appended to a URL that has one, such as a task's `websocket`."""
    if "?" not in request.query_string:
        return request.query
    return dict(parse_qsl(request.rel_url.raw_query_string.replace("?", "&"), keep_blank_values=True))
