"""The check of an ID token. Source: OpenID Connect Core, 3.1.3.7; RFC 8725."""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Sequence
from typing import Any, Final

import jwt

from roocode_server.engine.accounts.oauth_providers import JsonObject
from roocode_server.engine.accounts.openid.refusal import untrusted

ID_TOKEN_ALGORITHMS: Final = (
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "EdDSA",
)
"""Signatures by a key that the provider alone has: neither `none` nor one made with the client's secret."""
ID_TOKEN_CLAIMS: Final = ("iss", "sub", "aud", "exp", "iat")
CLOCK_LEEWAY_S: Final = 60
"""How far the clocks of the two may be apart."""
LONGEST_SUBJECT: Final = 255
"""Source: OpenID Connect Core, 2."""


class KeyUnknown(Exception):
    """None of the keys has made the signature: the provider may have others by now."""


def check(
    token: str,
    keys: Sequence[JsonObject],
    *,
    issuer: str,
    client_id: str,
    nonce: str,
    supported: Sequence[str] = (),
) -> JsonObject:
    """Return the claims of an ID token that was made for this client and this sign-in.

    `supported` are the algorithms that the provider says it signs with; if empty, it says nothing. Raises:
    KeyUnknown; SignInRefused.
    """
    claims = _decoded(token, list(_fitting(token, keys, supported)), issuer, client_id)
    said = claims.get("nonce")
    if not isinstance(said, str) or not hmac.compare_digest(said.encode(), nonce.encode()):
        raise untrusted("the ID token is for another sign-in (nonce)")
    _check_party(claims, client_id)
    if not 0 < len(claims["sub"]) <= LONGEST_SUBJECT:
        raise untrusted("the ID token names nobody (sub)")
    return claims


def _decoded(token: str, keys: Sequence[jwt.PyJWK], issuer: str, client_id: str) -> dict[str, Any]:
    for key in keys:
        try:
            return jwt.decode(
                token,
                key,
                algorithms=[key.algorithm_name],
                issuer=issuer,
                audience=client_id,
                leeway=CLOCK_LEEWAY_S,
                options={"require": list(ID_TOKEN_CLAIMS)},
            )
        except jwt.InvalidSignatureError:
            continue
        except jwt.PyJWTError as refusal:
            raise untrusted(f"the ID token is refused: {refusal}") from None
    raise KeyUnknown


def _fitting(token: str, keys: Sequence[JsonObject], supported: Sequence[str]) -> Iterator[jwt.PyJWK]:
    """The keys that can have made the token's signature, by its header. Raises: SignInRefused."""
    try:
        header = jwt.get_unverified_header(token)
    except jwt.PyJWTError as refusal:
        raise untrusted(f"the ID token cannot be read: {refusal}") from None
    algorithm, key_id = header.get("alg"), header.get("kid")
    if algorithm not in ID_TOKEN_ALGORITHMS or (supported and algorithm not in supported):
        raise untrusted(f"the ID token is signed with {algorithm}")
    for key in keys:
        if key_id is not None and key.get("kid") != key_id:
            continue
        if key.get("use", "sig") != "sig" or key.get("alg", algorithm) != algorithm:
            continue
        try:
            yield jwt.PyJWK(dict(key), algorithm)
        except jwt.PyJWTError:
            continue


def _check_party(claims: JsonObject, client_id: str) -> None:
    """Raises: SignInRefused, if the token was given to another party, or may have been."""
    is_for_several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if (is_for_several or "azp" in claims) and claims.get("azp") != client_id:
        raise untrusted("the ID token was issued to another party (azp)")
