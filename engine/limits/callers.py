"""For whom something is counted: a user, an API key, or an address where nobody has said who they are."""

from __future__ import annotations

from roocode_server.engine.network.sites import site_of
from roocode_server.models.user import Caller, Credential


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
    return f"address/{site_of(caller.address)}"
