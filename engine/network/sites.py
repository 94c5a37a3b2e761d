"""Where a connection comes from, as far as one subscriber cannot choose it freely."""

from __future__ import annotations

import ipaddress
from typing import Final

IPV6_SITE_BITS: Final = 64
"""One subscriber has all addresses that begin alike. Sources: RFC 4291, 2.5.4; RFC 6177."""
LONGEST_SITE: Final = 64
"""Characters of what is no address that are kept."""


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
