"""Which network a connection comes from, whichever of its addresses a subscriber uses."""

from __future__ import annotations

import ipaddress
from typing import Final

IPV6_SITE_BITS: Final = 64
"""The length of an IPv6 prefix that belongs to one subscriber. Sources: RFC 4291, 2.5.4; RFC 6177."""
LONGEST_SITE: Final = 64
"""The most characters kept of something that is not an address."""


def site_of(address: str) -> str:
    """Return an IPv4 address itself, also if written as IPv6, and the /64 network of an IPv6 address."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address[:LONGEST_SITE]
    if parsed.version == 4:
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, IPV6_SITE_BITS), strict=False))
