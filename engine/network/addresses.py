"""Which network addresses are public. Source: the special-purpose registries, RFC 6890."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from typing import Final

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_TRANSLATED: Final = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))
"""IPv6 addresses that a gateway translates to IPv4 addresses of any kind (RFC 6052, RFC 8215)."""


class AddressRefused(Exception):
    """The host does not exist, or its address is not public."""


def is_public(address: Address) -> bool:
    """Whether the address is neither private, loopback, link-local nor otherwise special."""
    if isinstance(address, ipaddress.IPv6Address):
        if any(address in network for network in _TRANSLATED):
            return False
        inner = embedded(address)
        if inner is not None and not is_public(inner):
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def embedded(address: Address) -> ipaddress.IPv4Address | None:
    """Return the IPv4 address that is embedded in an IPv6 address, or None."""
    if not isinstance(address, ipaddress.IPv6Address):
        return None
    return address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]


async def addresses(host: str) -> list[Address]:
    """Resolve a host. Raises: AddressRefused, if it has no address."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as failure:
        raise AddressRefused(f"{host} cannot be resolved") from failure
    return [ipaddress.ip_address(str(each[4][0]).partition("%")[0]) for each in found]


async def public_address(host: str) -> Address:
    """Resolve a host to one of its addresses. Raises: AddressRefused, unless all of them are public."""
    found = await addresses(host)
    refused = next((address for address in found if not is_public(address)), None)
    if refused is not None or not found:
        raise AddressRefused(f"{host} has the address {refused}, which is not public")
    return found[0]
