"""Login through an OAuth provider: exchange the code for a token, then the token for the user's profile.

Source: S0, `POST /auth/oauth/{provider}`; RFC 6749, section 4.1; RFC 7636 (PKCE); OpenID Connect Core, 5.3.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from fnmatch import fnmatchcase
from typing import Any, Final

import aiohttp
import orjson
import structlog
from oauthlib.oauth2 import OAuth2Error, WebApplicationClient

from roocode_server.engine.accounts.answers import json_content
from roocode_server.engine.accounts.oauth_providers import (
    Endpoints,
    JsonObject,
    Person,
    endpoints_of,
    person_of,
    settings_of,
)
from roocode_server.models.auth_settings import OAuthProviderSettings, OAuthSettings
from roocode_server.models.error import AuthenticationFailed, InvalidField, PermissionDenied, ServerOverload
from roocode_server.models.login import OAuthLogin
from roocode_server.models.user import IdentityProvider

WRONG_CODE: Final = frozenset({"invalid_grant", "invalid_request", "bad_verification_code"})
OAUTH_HEADERS: Final = {"Accept": "application/json", "User-Agent": "roocode-server"}

log = structlog.get_logger("accounts")


class OAuth:
    """Asks OAuth providers who is logging in."""

    def __init__(self, settings: OAuthSettings) -> None:
        self._settings = settings

    async def person(self, request: OAuthLogin) -> Person:
        """Return the person to whom the provider issued the authorization code.

        Raises: PermissionDenied, if the provider is not configured or the person is not on its list;
        InvalidField, if the redirect address is not listed; AuthenticationFailed, if the code is wrong or
        there is no verified e-mail address; ServerOverload, if the provider cannot be reached or its answer
        cannot be used.
        """
        provider = IdentityProvider(request.provider)
        settings = settings_of(self._settings, provider)
        _check_request(settings, request)
        endpoints = endpoints_of(provider, settings)
        async with self._exchange(provider) as client:
            token = await self._token(client, endpoints, settings, request)
            person = await self._ask(client, provider, endpoints, token)
        if person is None:
            raise AuthenticationFailed(
                f"{provider} reports no verified e-mail address; request the e-mail scope"
            )
        if not any(fnmatchcase(person.email.lower(), allowed.lower()) for allowed in settings.allowed_emails):
            raise PermissionDenied(
                f"This address may not log in here; see auth.oauth.{provider}.allowed_emails"
            )
        return person

    @asynccontextmanager
    async def _exchange(self, provider: IdentityProvider) -> AsyncIterator[aiohttp.ClientSession]:
        """An HTTP client for one login. Raises: ServerOverload, if the provider cannot be reached in time."""
        try:
            async with (
                asyncio.timeout(self._settings.timeout_s),
                aiohttp.ClientSession(headers=OAUTH_HEADERS) as client,
            ):
                yield client
        except (aiohttp.ClientError, TimeoutError) as failure:
            log.warning("oauth provider unreachable", provider=provider, error=repr(failure))
            raise _unusable("The provider cannot be reached", provider) from failure

    async def _token(
        self,
        client: aiohttp.ClientSession,
        endpoints: Endpoints,
        settings: OAuthProviderSettings,
        request: OAuthLogin,
    ) -> str:
        """Exchange the authorization code for an access token."""
        flow = WebApplicationClient(settings.client_id)
        form = flow.prepare_request_body(
            code=request.code,
            redirect_uri=request.redirect_uri,
            code_verifier=request.code_verifier,
            client_secret=settings.client_secret,
        )
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        async with client.post(
            endpoints.token_url, data=form, headers=headers, allow_redirects=False
        ) as response:
            _check_working(response, request.provider)
            answer = _object(await json_content(response), request.provider)
        try:
            flow.parse_request_body_response(orjson.dumps(answer).decode())
        except OAuth2Error as refusal:
            raise _refused(refusal, request.provider) from refusal
        return str(flow.access_token)

    async def _ask(
        self, client: aiohttp.ClientSession, provider: IdentityProvider, endpoints: Endpoints, token: str
    ) -> Person | None:
        profile = _object(await _get(client, endpoints.user_url, token, provider), provider)
        if not endpoints.emails_url:
            return person_of(provider, profile, [])
        emails = await _get(client, endpoints.emails_url, token, provider)
        if not isinstance(emails, list):
            raise _unusable("The provider's answer cannot be read", provider)
        return person_of(provider, profile, [entry for entry in emails if isinstance(entry, Mapping)])


def _check_request(settings: OAuthProviderSettings, request: OAuthLogin) -> None:
    if not settings.client_id:
        raise PermissionDenied(
            f"Logging in with {request.provider} is not configured; see auth.oauth.{request.provider}"
        )
    if request.redirect_uri not in settings.redirect_uris:
        raise InvalidField("redirectUri", "This redirect URL is not in the server's configuration")


async def _get(client: aiohttp.ClientSession, url: str, token: str, provider: IdentityProvider) -> Any:
    headers = {"Authorization": f"Bearer {token}"}
    async with client.get(url, headers=headers, allow_redirects=False) as response:
        if response.status in (401, 403):
            raise AuthenticationFailed(f"{provider} does not say who this is; request the e-mail scope")
        _check_working(response, provider)
        return await json_content(response)


def _check_working(response: aiohttp.ClientResponse, provider: str) -> None:
    if response.status >= 500:
        raise _unusable("The provider reports a failure", provider, status=response.status)


def _object(answer: Any, provider: str) -> JsonObject:
    if not isinstance(answer, dict):
        raise _unusable("The provider's answer cannot be read", provider)
    return answer


def _refused(refusal: OAuth2Error, provider: str) -> AuthenticationFailed | ServerOverload:
    """A bad code is the caller's fault; any other error is between this server and the provider."""
    if refusal.error in WRONG_CODE:
        return AuthenticationFailed("The provider does not accept this code; log in there again")
    log.error("oauth provider refused this server", provider=provider, error=str(refusal))
    return _unusable("The provider does not accept this server; see the server's log", provider)


def _unusable(message: str, provider: str, **facts: int) -> ServerOverload:
    return ServerOverload(f"{message}: try again later, or log in another way", provider=provider, **facts)
