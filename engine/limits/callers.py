"""Identifies whom calls are counted for: a user, an API key, or the address of an anonymous caller."""

from __future__ import annotations

from roocode_server.engine.network.sites import site_of
from roocode_server.models.user import Caller, Credential


def account_of(caller: Caller) -> str:
    """Return the key under which a caller's calls are counted."""
    match caller.credential:
        case Credential.KEY:
            return f"key/{caller.credential_id}"
        case Credential.NONE:
            return address_of(caller)
        case _:
            return f"user/{caller.user_id}"


def address_of(caller: Caller) -> str:
    """Return the key under which the calls from a caller's address are counted."""
    return f"address/{site_of(caller.address)}"
