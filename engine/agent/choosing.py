"""Whom to ask: what a session says, and what its owner's active profile adds to it."""

from __future__ import annotations

from engine.accounts.profiles import ActiveProfile, ProfileUnreadable
from engine.agent.equipment import Equipment
from engine.providers.catalogue import Found
from engine.providers.provider import Endpoint, ProviderFailure
from engine.providers.vendors import AUTO
from models.identifier import UserId


async def find_model(equipment: Equipment, user_id: UserId, provider: str, model: str) -> Found:
    """The provider and the model that a session of this user means by these names.

    The user's active profile says what `auto` is; where the session names its provider, the profile gives the
    key and the address. Raises: ProviderFailure.
    """
    profile = await _active(equipment, user_id)
    if profile is None or provider not in (AUTO, profile.provider):
        return await equipment.providers.find(provider, model)
    own = Endpoint(base_url=profile.base_url, api_key=profile.api_key)
    wanted = profile.model if model == AUTO else model
    return await equipment.providers.find(profile.provider, wanted, own)


async def _active(equipment: Equipment, user_id: UserId) -> ActiveProfile | None:
    try:
        return await equipment.profiles.active(user_id)
    except ProfileUnreadable as unreadable:
        raise ProviderFailure(
            "PROVIDER_UNAVAILABLE",
            f"The key of the profile `{unreadable}` cannot be read any more: enter it again.",
        ) from None
