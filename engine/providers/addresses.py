"""Whether a server of a user's choice may be asked: the request is made from where this server stands.

Source: OWASP, "Server Side Request Forgery Prevention"; for the address blocks RFC 6890.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import urllib.parse
from typing import Final

from engine.providers.provider import ProviderFailure

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

TRANSLATED: Final = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))
"""IPv6 that a gateway turns into IPv4, of whatever kind (RFC 6052, RFC 8215)."""


def is_allowed(address: Address) -> bool:
    """Whether it is public, or this very machine, where local model servers are."""
    inner = _inside(address)
    if inner is not None:
        return is_allowed(inner)
    if any(address in network for network in TRANSLATED):
        return False
    if address.is_loopback:
        return True
    return address.is_global and not address.is_multicast and not address.is_reserved


async def check_address(base_url: str, *, allow_private: bool) -> None:
    """Let an address pass whose host has allowed addresses alone.

    Raises: ProviderFailure: PROVIDER_UNAVAILABLE, for one that leads into a private network or nowhere.
    """
    parts = urllib.parse.urlsplit(base_url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ProviderFailure("PROVIDER_UNAVAILABLE", "The profile's base URL is no http(s) address.")
    if allow_private:
        return
    if not all(is_allowed(address) for address in await _addresses(parts.hostname)):
        raise ProviderFailure(
            "PROVIDER_UNAVAILABLE",
            "The profile's base URL leads into a private network; the operator of this server can allow that "
            "by the setting `providers.allow_private_base_urls`.",
        )


async def _addresses(host: str) -> list[Address]:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise ProviderFailure(
            "CONNECTION_BROKEN", "The host of the profile's base URL has no address.", retryable=True
        ) from None
    return [ipaddress.ip_address(str(each[4][0]).partition("%")[0]) for each in found]


def _inside(address: Address) -> Address | None:
    """The IPv4 address that an IPv6 one stands for, if it does."""
    if not isinstance(address, ipaddress.IPv6Address):
        return None
    return address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
