"""Checks of base URLs chosen by users, because requests to them are made from this server's network.

Source: OWASP, "Server Side Request Forgery Prevention".
"""

from __future__ import annotations

import urllib.parse

from roocode_server.engine.network.addresses import Address, AddressRefused, addresses, embedded, is_public
from roocode_server.engine.providers.provider import ProviderFailure


def is_allowed(address: Address) -> bool:
    """Whether an address is public, or this machine's loopback, where local model servers run."""
    return (embedded(address) or address).is_loopback or is_public(address)


async def check_address(base_url: str, *, allow_private: bool) -> None:
    """Check that all addresses of a base URL's host are allowed.

    Raises: ProviderFailure: PROVIDER_UNAVAILABLE, if one is in a private network; CONNECTION_BROKEN, if the
    host has no address.
    """
    parts = urllib.parse.urlsplit(base_url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ProviderFailure("PROVIDER_UNAVAILABLE", "The profile's base URL is not an http(s) URL.")
    if allow_private:
        return
    try:
        found = await addresses(parts.hostname)
    except AddressRefused:
        raise ProviderFailure(
            "CONNECTION_BROKEN", "The host of the profile's base URL cannot be resolved.", retryable=True
        ) from None
    if not all(is_allowed(address) for address in found):
        raise ProviderFailure(
            "PROVIDER_UNAVAILABLE",
            "The profile's base URL leads into a private network; the operator of this server can allow that "
            "by the setting `providers.allow_private_base_urls`.",
        )
