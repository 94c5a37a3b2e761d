"""One provider as its client sees it: where people sign in, and who has signed in.

Source: OpenID Connect Core, 3.1 and 5.3; RFC 6749, 4.1; RFC 7636.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote_plus, urlencode, urlsplit

import orjson
from marshmallow import ValidationError, validate
from oauthlib.oauth2 import OAuth2Error, WebApplicationClient

from roocode_server.engine.accounts.oauth_providers import JsonObject
from roocode_server.engine.accounts.openid.client import ProviderClient
from roocode_server.engine.accounts.openid.discovery import S256, Discovery, IssuerMetadata
from roocode_server.engine.accounts.openid.id_token import KeyUnknown, check
from roocode_server.engine.accounts.openid.refusal import expired, unavailable, untrusted
from roocode_server.models.auth_settings import OpenIdProviderSettings

LONGEST_PERSON_NAME: Final = 200
LONGEST_EMAIL: Final = 320
INVALID_GRANT: Final = "invalid_grant"
_is_email: Final = validate.Email()


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenIdPerson:
    """Whom the provider vouches for; `email` only if the provider has verified it."""

    issuer: str
    subject: str
    email: str | None
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInSecrets:
    """What ties the provider's answers to one sign-in."""

    state: str
    nonce: str
    verifier: str


class OpenIdIssuer:
    """A provider of the settings. Nothing is asked of it before somebody signs in."""

    def __init__(self, settings: OpenIdProviderSettings, *, timeout_s: float) -> None:
        self.settings = settings
        self._client = ProviderClient(settings.issuer, timeout_s=timeout_s)
        self._discovery = Discovery(settings.issuer, self._client)

    async def authorization_url(self, redirect_uri: str, secrets: SignInSecrets) -> str:
        """Where the person signs in. Raises: SignInRefused, if the provider cannot be used."""
        url = (await self._discovery.metadata()).authorization_url
        query = {
            "response_type": "code",
            "client_id": self.settings.client_id,
            "redirect_uri": redirect_uri,
            "scope": " ".join(self.settings.scopes),
            "state": secrets.state,
            "nonce": secrets.nonce,
            "code_challenge": challenge_of(secrets.verifier),
            "code_challenge_method": S256,
        }
        return f"{url}{'&' if urlsplit(url).query else '?'}{urlencode(query)}"

    async def check_source(self, said: str | None) -> None:
        """Check the parameter `iss` of the provider's answer. Source: RFC 9207. Raises: SignInRefused."""
        is_missing = said is None and (await self._discovery.metadata()).names_itself
        if is_missing or said not in (None, self.settings.issuer):
            raise untrusted(f"the answer names the issuer {said!r}")

    async def person(self, code: str, redirect_uri: str, secrets: SignInSecrets) -> OpenIdPerson:
        """Who has signed in, by the code that the provider gave. Raises: SignInRefused."""
        metadata = await self._discovery.metadata()
        answer = await self._exchange(metadata, code, redirect_uri, secrets.verifier)
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise unavailable("the provider's answer has no ID token")
        claims = await self._checked(token, metadata, secrets.nonce)
        if "email" not in claims and metadata.user_url is not None:
            claims = await self._completed(claims, metadata.user_url, str(answer.get("access_token")))
        return person_of(self.settings.issuer, claims)

    async def _exchange(
        self, metadata: IssuerMetadata, code: str, redirect_uri: str, verifier: str
    ) -> JsonObject:
        """The tokens for a code."""
        flow = WebApplicationClient(self.settings.client_id)
        secret = self.settings.client_secret
        is_in_header = bool(secret) and not metadata.takes_secret_in_form
        form = flow.prepare_request_body(
            code=code,
            redirect_uri=redirect_uri,
            code_verifier=verifier,
            include_client_id=not is_in_header,
            **({} if is_in_header or not secret else {"client_secret": secret}),
        )
        headers = {"Authorization": _basic(self.settings.client_id, secret)} if is_in_header else {}
        answer = await self._client.post(metadata.token_url, form, headers)
        try:
            flow.parse_request_body_response(orjson.dumps(answer).decode())
        except OAuth2Error as refusal:
            if refusal.error == INVALID_GRANT:
                raise expired(f"the provider does not take its code: {refusal}") from None
            raise unavailable(f"the provider does not take this server for its client: {refusal}") from None
        return answer

    async def _checked(self, token: str, metadata: IssuerMetadata, nonce: str) -> JsonObject:
        """The claims of an ID token; a key that is not known is looked for once more."""
        for anew in (False, True):
            try:
                return check(
                    token,
                    await self._discovery.keys(anew=anew),
                    issuer=self.settings.issuer,
                    client_id=self.settings.client_id,
                    nonce=nonce,
                    supported=metadata.algorithms,
                )
            except KeyUnknown:
                continue
        raise untrusted("none of the provider's keys has signed the ID token")

    async def _completed(self, claims: JsonObject, url: str, token: str) -> JsonObject:
        """The claims with what the provider tells about the person elsewhere."""
        more = await self._client.get(url, token=token)
        if more.get("sub") != claims["sub"]:
            raise untrusted("the provider tells about somebody else")
        return {**more, **claims}


def challenge_of(verifier: str) -> str:
    """The challenge for a verifier by S256. Source: RFC 7636, 4.2."""
    return str(WebApplicationClient("").create_code_challenge(verifier, S256))


def person_of(issuer: str, claims: JsonObject) -> OpenIdPerson:
    """Build the person from the claims. Source: OpenID Connect Core, 5.1."""
    email = claims.get("email") if claims.get("email_verified") is True else None
    if not isinstance(email, str) or len(email) > LONGEST_EMAIL or not _is_address(email):
        email = None
    name = claims.get("name") or claims.get("preferred_username")
    subject = str(claims["sub"])
    return OpenIdPerson(
        issuer=issuer,
        subject=subject,
        email=email,
        name=(name if isinstance(name, str) else email or subject)[:LONGEST_PERSON_NAME],
    )


def _is_address(email: str) -> bool:
    try:
        _is_email(email)
    except ValidationError:
        return False
    return True


def _basic(client_id: str, secret: str) -> str:
    """The client's credentials. Source: RFC 6749, 2.3.1."""
    pair = f"{quote_plus(client_id)}:{quote_plus(secret)}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"
