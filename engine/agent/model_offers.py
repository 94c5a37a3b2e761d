"""What a caller's sessions can name as provider and model: docs/models.md."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

from roocode_server.engine.agent.model_resolution import find_model
from roocode_server.engine.agent.services import AgentServices
from roocode_server.engine.providers.catalogue import SCRIPTED, ResolvedModel
from roocode_server.engine.providers.models import UNKNOWN, facts_of
from roocode_server.engine.providers.provider import ProviderFailure
from roocode_server.models.identifier import UserId
from roocode_server.models.model import (
    ModelCatalogue,
    ModelChoice,
    ModelPrices,
    OfferedModel,
    OfferedProvider,
    ProviderProblem,
)
from roocode_server.models.profile import AUTO, Profile
from roocode_server.models.settings import SessionSettings


class ModelOffers:
    """Tells of each provider what a task that names it would find. Nothing of a key but its presence."""

    def __init__(self, services: AgentServices, defaults: SessionSettings) -> None:
        self._services = services
        self._defaults = defaults

    async def to(self, user_id: UserId) -> ModelCatalogue:
        """Return all providers by name, as this user's sessions can use them, and the default of new ones."""
        profiles = await self._services.profiles.list(user_id)
        active = next((profile for profile in profiles if profile.is_active), None)
        auto = await self._usable(user_id, AUTO, AUTO)
        default = await self._usable(user_id, self._defaults.provider, self._defaults.model)
        offered = [
            await self._provider(
                user_id,
                name,
                active if active is not None and active.provider == name else None,
                is_default=auto is not None and auto.provider.name == name,
            )
            for name in self._services.providers.names()
        ]
        if default is None:
            return ModelCatalogue(providers=offered)
        choice = ModelChoice(provider=default.provider.name, model=default.model)
        return ModelCatalogue(providers=offered, default=choice)

    async def _usable(self, user_id: UserId, provider: str, model: str) -> ResolvedModel | None:
        with contextlib.suppress(ProviderFailure):
            return await self._found(user_id, provider, model)
        return None

    async def _found(self, user_id: UserId, provider: str, model: str) -> ResolvedModel:
        """Resolve as a task would before its first request. Raises: ProviderFailure."""
        found = await find_model(self._services, user_id, provider, model)
        self._services.providers.check_key(found.provider.name, found.endpoint)
        return found

    async def _provider(
        self, user_id: UserId, name: str, profile: Profile | None, *, is_default: bool
    ) -> OfferedProvider:
        providers = self._services.providers
        problem = None
        try:
            await self._found(user_id, name, AUTO)
        except ProviderFailure as failure:
            problem = ProviderProblem(code=failure.code, message=failure.message)
        base_url, has_credential = providers.base_url(name), providers.has_key(name)
        default = await providers.default_model(name)
        if profile is not None:
            has_credential = profile.has_key or (has_credential and profile.base_url is None)
            base_url = profile.base_url or base_url
            default = default if profile.model == AUTO else profile.model
        return OfferedProvider(
            name=name,
            is_default=is_default,
            is_usable=problem is None,
            needs_credential=providers.needs_key(name, base_url),
            has_credential=has_credential,
            profile=None if profile is None else profile.name,
            problem=problem,
            models=[
                _offered(name, model, is_default=model == default)
                for model in _with(default, await providers.models(name, base_url))
            ],
        )


def _with(default: str, models: Sequence[str]) -> Sequence[str]:
    """The models, and the default if it is none of them."""
    return models if default in (AUTO, *models) else [default, *models]


def _offered(provider: str, model: str, *, is_default: bool) -> OfferedModel:
    facts = UNKNOWN if provider == SCRIPTED else facts_of(model)
    if facts is UNKNOWN:
        return OfferedModel(id=model, is_default=is_default)
    return OfferedModel(
        id=model,
        is_default=is_default,
        context_window=facts.context_window,
        max_output=facts.max_output,
        takes_images=facts.takes_images,
        prices=ModelPrices(
            input=facts.price_in,
            output=facts.price_out,
            cache_read=facts.price_cache_read,
            cache_write=facts.price_cache_write,
        ),
    )
