"""What a provider says of itself, and its keys. Source: OpenID Connect Discovery 1.0; RFC 8414; RFC 7517."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from roocode_server.engine.accounts.oauth_providers import JsonObject
from roocode_server.engine.accounts.openid.client import ProviderClient
from roocode_server.engine.accounts.openid.refusal import unavailable
from roocode_server.engine.concurrency.read_through_cache import ReadThroughCache

DISCOVERY_PATH: Final = "/.well-known/openid-configuration"
METADATA_KEPT_S: Final = 3600.0
"""How long both are used before they are read anew; keys also when none of them has signed a token."""
MOST_PROVIDER_KEYS: Final = 64
S256: Final = "S256"
SECRET_IN_HEADER: Final = "client_secret_basic"  # noqa: S105 - the name of a method
SECRET_IN_FORM: Final = "client_secret_post"  # noqa: S105 - the name of a method


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuerMetadata:
    """The provider's addresses and abilities.

    `names_itself`: its answers have the parameter `iss` (RFC 9207). `takes_secret_in_form`: it does not take
    the client's secret in a header.
    """

    authorization_url: str
    token_url: str
    keys_url: str
    user_url: str | None
    algorithms: tuple[str, ...]
    names_itself: bool
    takes_secret_in_form: bool


class Discovery:
    """Reads the provider's metadata and keys when they are wanted, and keeps them for a while."""

    def __init__(self, issuer: str, client: ProviderClient) -> None:
        self._issuer = issuer
        self._client = client
        self._metadata: ReadThroughCache[str, IssuerMetadata] = ReadThroughCache(
            self._read_metadata, lifetime_s=METADATA_KEPT_S, most=1
        )
        self._keys: ReadThroughCache[str, list[JsonObject]] = ReadThroughCache(
            self._read_keys, lifetime_s=METADATA_KEPT_S, most=1
        )

    async def metadata(self) -> IssuerMetadata:
        """What the provider says of itself. Raises: SignInRefused, if it cannot be used."""
        found = await self._metadata.find(self._issuer.removesuffix("/") + DISCOVERY_PATH)
        assert found is not None  # noqa: S101 - the reader returns it, or raises
        return found

    async def keys(self, *, anew: bool = False) -> list[JsonObject]:
        """The provider's keys as JWK, read `anew` if they have changed. Raises: SignInRefused."""
        url = (await self.metadata()).keys_url
        if anew:
            self._keys.forget(url)
        return await self._keys.find(url) or []

    async def _read_metadata(self, url: str) -> IssuerMetadata:
        return metadata_of(self._issuer, await self._client.get(url))

    async def _read_keys(self, url: str) -> list[JsonObject]:
        keys = (await self._client.get(url)).get("keys")
        if not isinstance(keys, list):
            raise unavailable(f"{url} has no list of keys")
        return [key for key in keys[:MOST_PROVIDER_KEYS] if isinstance(key, dict)]


def metadata_of(issuer: str, document: JsonObject) -> IssuerMetadata:
    """Read a provider's metadata. Raises: SignInRefused, if it is another's, or lacks what is needed here."""
    if document.get("issuer") != issuer:
        raise unavailable(f"the metadata names the issuer {document.get('issuer')!r}, not {issuer!r}")
    methods = _texts(document, "code_challenge_methods_supported")
    if methods and S256 not in methods:
        raise unavailable(f"it has no PKCE by {S256}")
    authentication = _texts(document, "token_endpoint_auth_methods_supported")
    return IssuerMetadata(
        authorization_url=_endpoint(issuer, document, "authorization_endpoint"),
        token_url=_endpoint(issuer, document, "token_endpoint"),
        keys_url=_endpoint(issuer, document, "jwks_uri"),
        user_url=_endpoint(issuer, document, "userinfo_endpoint")
        if "userinfo_endpoint" in document
        else None,
        algorithms=tuple(_texts(document, "id_token_signing_alg_values_supported")),
        names_itself=document.get("authorization_response_iss_parameter_supported") is True,
        takes_secret_in_form=SECRET_IN_FORM in authentication and SECRET_IN_HEADER not in authentication,
    )


def _endpoint(issuer: str, document: JsonObject, name: str) -> str:
    """An address that the metadata names: with https, unless the issuer itself has none."""
    url = document.get(name)
    parts = urlsplit(url) if isinstance(url, str) else None
    allowed = {"https", urlsplit(issuer).scheme}
    if not isinstance(url, str) or parts is None or parts.scheme not in allowed or not parts.hostname:
        raise unavailable(f"the metadata has no usable {name}")
    return url


def _texts(document: JsonObject, name: str) -> Sequence[str]:
    found = document.get(name)
    return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []
