"""For whom something is counted: a user, an API key, or an address where nobody has said who they are."""

from __future__ import annotations

import ipaddress
from typing import Final

from roocode_server.models.user import Caller, Credential

PREFIX_OF_A_SITE: Final = 64
"""Bits of an IPv6 address that one subscriber shares: they choose the others freely. Source: RFC 6177."""


def account_of(caller: Caller) -> str:
    """What a caller's calls are counted under."""
    match caller.credential:
        case Credential.KEY:
            return f"key/{caller.credential_id}"
        case Credential.NONE:
            return address_of(caller)
        case _:
            return f"user/{caller.user_id}"


def address_of(caller: Caller) -> str:
    """What the calls from a caller's address are counted under."""
    try:
        address = ipaddress.ip_address(caller.address.partition("%")[0])
    except ValueError:
        return f"address/{caller.address}"
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is None:
        return f"address/{ipaddress.ip_network((address, PREFIX_OF_A_SITE), strict=False)}"
    return f"address/{getattr(address, 'ipv4_mapped', None) or address}"
