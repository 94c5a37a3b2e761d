"""Resolves a session's provider and model, with the help of its owner's active profile."""

from __future__ import annotations

from roocode_server.engine.accounts.profiles import ActiveProfile, ProfileUnreadable
from roocode_server.engine.agent.services import AgentServices
from roocode_server.engine.providers.catalogue import ResolvedModel
from roocode_server.engine.providers.provider import Endpoint, ProviderFailure
from roocode_server.models.identifier import UserId
from roocode_server.models.profile import AUTO


async def find_model(services: AgentServices, user_id: UserId, provider: str, model: str) -> ResolvedModel:
    """Resolve the provider and model names of a session of this user.

    The user's active profile decides what `auto` means; if the session names the profile's provider, the
    profile supplies key and address. Raises: ProviderFailure.
    """
    profile = await _active(services, user_id)
    if profile is None or provider not in (AUTO, profile.provider):
        return await services.providers.find(provider, model)
    own = Endpoint(base_url=profile.base_url, api_key=profile.api_key)
    wanted = profile.model if model == AUTO else model
    return await services.providers.find(profile.provider, wanted, own)


async def _active(services: AgentServices, user_id: UserId) -> ActiveProfile | None:
    try:
        return await services.profiles.active(user_id)
    except ProfileUnreadable as unreadable:
        raise ProviderFailure(
            "PROVIDER_UNAVAILABLE",
            f"The key of the profile `{unreadable}` cannot be decrypted any more: enter it again.",
        ) from None
