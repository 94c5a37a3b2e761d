"""Requests to one provider: bounded in time and size, and never redirected.

The issuer's own host is the administrator's choice and may be private. Other hosts, which the issuer names,
have to be public.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp

from roocode_server.engine.accounts.answers import json_content
from roocode_server.engine.accounts.oauth_providers import JsonObject
from roocode_server.engine.accounts.openid.refusal import unavailable
from roocode_server.engine.network.sockets import any_socket, public_socket

PROVIDER_HEADERS: Final = {"Accept": "application/json", "User-Agent": "roocode-server"}
FORM_HEADERS: Final = {"Content-Type": "application/x-www-form-urlencoded"}


class ProviderClient:
    """Asks the provider for JSON objects."""

    def __init__(self, issuer: str, *, timeout_s: float) -> None:
        self._host = urlsplit(issuer).hostname
        self._timeout_s = timeout_s

    async def get(self, url: str, *, token: str = "") -> JsonObject:
        """The object at an address. Raises: SignInRefused, if there is none."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with self._asking("GET", url, headers=headers) as response:
            if response.status != 200:
                raise unavailable(f"{url} answered {response.status}")
            return _object(url, await json_content(response))

    async def post(self, url: str, form: str, headers: Mapping[str, str]) -> JsonObject:
        """The answer to a form: also one that refuses it. Raises: SignInRefused, if there is none."""
        async with self._asking("POST", url, data=form, headers={**FORM_HEADERS, **headers}) as response:
            if response.status not in (200, 400, 401):
                raise unavailable(f"{url} answered {response.status}")
            return _object(url, await json_content(response))

    @asynccontextmanager
    async def _asking(self, method: str, url: str, **options: Any) -> AsyncIterator[aiohttp.ClientResponse]:
        is_own = urlsplit(url).hostname == self._host
        connector = aiohttp.TCPConnector(socket_factory=any_socket if is_own else public_socket)
        try:
            async with (
                asyncio.timeout(self._timeout_s),
                aiohttp.ClientSession(
                    connector=connector, headers=PROVIDER_HEADERS, cookie_jar=aiohttp.DummyCookieJar()
                ) as session,
                session.request(method, url, allow_redirects=False, **options) as response,
            ):
                yield response
        except (aiohttp.ClientError, OSError, ValueError) as failure:
            raise unavailable(f"{url} cannot be reached: {failure!r}") from failure


def _object(url: str, content: Any) -> JsonObject:
    if not isinstance(content, dict):
        raise unavailable(f"{url} did not answer with a JSON object")
    return content
