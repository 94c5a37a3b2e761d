"""Sockets for outgoing connections that lead to public addresses alone."""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

from roocode_server.engine.network.addresses import is_public

AddressInfo = tuple[Any, ...]
"""Family, kind, protocol, canonical name and socket address, as `getaddrinfo(3)` returns them."""


class PrivateAddress(OSError):
    """The address that would be connected to is not public."""


def public_socket(place: AddressInfo) -> socket.socket:
    """A socket for the address that is connected to, so that no name can lead elsewhere a moment later.

    Raises: PrivateAddress.
    """
    if not is_public(ipaddress.ip_address(str(place[4][0]).partition("%")[0])):
        raise PrivateAddress("The address is not public")
    return any_socket(place)


def any_socket(place: AddressInfo) -> socket.socket:
    """A socket for whatever address."""
    made = socket.socket(place[0], place[1], place[2])
    made.setblocking(False)
    return made
