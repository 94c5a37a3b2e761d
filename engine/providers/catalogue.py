"""The registry of providers, and the resolution of their endpoints, keys and models."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, runtime_checkable

from roocode_server.engine.providers.addresses import check_address
from roocode_server.engine.providers.ollama import Ollama
from roocode_server.engine.providers.openai.provider import OpenAIProvider, is_loopback
from roocode_server.engine.providers.provider import Endpoint, Provider, ProviderFailure
from roocode_server.engine.providers.scripted.provider import DEFAULT_PLAYBOOK, ScriptedProvider
from roocode_server.engine.providers.vendors import VENDORS
from roocode_server.engine.providers.wire import checked_key
from roocode_server.models.error import ExtraNotInstalled
from roocode_server.models.extras import check_installed, is_installed
from roocode_server.models.model import OfferedPlaybook, Playbooks
from roocode_server.models.profile import AUTO
from roocode_server.models.settings import ProviderSettings

OLLAMA: Final = "ollama"
SCRIPTED: Final = "scripted"
EXTRAS: Final[Mapping[str, str]] = {**{name: name for name in VENDORS}, OLLAMA: "openai"}
"""For each provider that needs one, the extra with its vendor's library."""
MOST_OFFERED_MODELS: Final = 500
"""The most models of an Ollama that are offered for choice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedModel:
    """A provider with the endpoint and model to use."""

    provider: Provider
    endpoint: Endpoint
    model: str


@runtime_checkable
class Closable(Protocol):
    """A provider that keeps connections."""

    async def close(self) -> None:
        """Close all connections."""
        ...


class Providers:
    """Finds a provider by its name, or the one that `auto` stands for.

    `environment` contains the keys; it is read at each request.
    """

    def __init__(
        self,
        providers: Mapping[str, Provider],
        settings: ProviderSettings | None = None,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        self._providers = dict(providers)
        self._settings = settings or ProviderSettings()
        self._environment = environment
        self._ollama = Ollama(self._settings.ollama.base_url)

    def names(self) -> Sequence[str]:
        """Return the names of all providers, sorted."""
        return sorted(self._providers)

    def check_installed(self, name: str) -> None:
        """Raises: ExtraNotInstalled, if the provider's library is not installed."""
        if name in EXTRAS and name in self._providers:
            check_installed(EXTRAS[name], f"The provider `{name}`")

    def has_key(self, name: str) -> bool:
        """Whether the server has a key of its own for the provider."""
        return name in VENDORS and VENDORS[name].key(self._environment) is not None

    def check_key(self, name: str, endpoint: Endpoint) -> None:
        """Raises: ProviderFailure, as a request to this endpoint would for want of a usable key."""
        if self.needs_key(name, endpoint.base_url):
            checked_key(name, endpoint.api_key, *VENDORS[name].key_variables)

    def needs_key(self, name: str, base_url: str | None) -> bool:
        """Whether requests to this address of the provider need a key."""
        return name in VENDORS and not (name == OpenAIProvider.name and is_loopback(base_url))

    def base_url(self, name: str) -> str | None:
        """Return the server's own address for the provider; None means the vendor's, or none."""
        if name in VENDORS:
            return VENDORS[name].base_url(self._settings, self._environment)
        return self._ollama.base_url if name == OLLAMA else None

    async def default_model(self, name: str) -> str:
        """Return what `auto` means at the provider; `auto` if it chooses for each task, or has no model."""
        with contextlib.suppress(ProviderFailure):
            return await self._model(name, AUTO)
        return AUTO

    async def models(self, name: str, base_url: str | None) -> Sequence[str]:
        """Return the models to choose from at this address of the provider, as far as they are known here:
        the vendor's, what a local Ollama has, or the names of playbooks.
        """
        provider = self._providers.get(name)
        if isinstance(provider, ScriptedProvider):
            return list(provider.playbooks)
        if name in VENDORS:
            return () if base_url else VENDORS[name].models
        if name == OLLAMA and base_url == self._ollama.base_url:
            return (await self._ollama.models() or ())[:MOST_OFFERED_MODELS]
        return ()

    def playbooks(self) -> Playbooks:
        """Return the playbooks that can be named as a model."""
        provider = self._providers.get(SCRIPTED)
        known = provider.playbooks.values() if isinstance(provider, ScriptedProvider) else ()
        return Playbooks(
            playbooks=[
                OfferedPlaybook(
                    name=each.name, description=each.description, match=each.match, steps=len(each.steps)
                )
                for each in known
            ],
            default=DEFAULT_PLAYBOOK,
        )

    def useless_keys(self) -> Sequence[str]:
        """Return the vendors for which there is a key but whose library is not installed."""
        vendors = (vendor.name for vendor in VENDORS.values() if vendor.key(self._environment))
        return [name for name in vendors if name in self._providers and not is_installed(EXTRAS[name])]

    async def find(self, name: str, model: str = AUTO, own: Endpoint | None = None) -> ResolvedModel:
        """Resolve a provider and model, with the server's own key and address or, if given, those of `own`.

        `auto` means the first vendor for which the server has a key, else the first whose address is set,
        else a local Ollama that answers, else `scripted`; the model `auto` means the provider's default. If
        `own` has an address, it must have its own key, too: the server's key is only sent where the operator
        says. Raises: ProviderFailure: PROVIDER_UNAVAILABLE, with the usable providers, or with what to set up
        if a model is named and none is set up; EXTRA_NOT_INSTALLED, with what to install.
        """
        chosen = await self._preferred() if name == AUTO else name
        provider = self._providers.get(chosen)
        if provider is None:
            raise self._unknown(chosen)
        if name == AUTO and isinstance(provider, ScriptedProvider) and not provider.knows(model):
            raise _without_models(model)
        try:
            self.check_installed(chosen)
        except ExtraNotInstalled as missing:
            raise ProviderFailure(missing.code, missing.message) from missing
        endpoint = await self._endpoint(chosen, own or Endpoint())
        return ResolvedModel(provider=provider, endpoint=endpoint, model=await self._model(chosen, model))

    async def close(self) -> None:
        """Close all connections."""
        for provider in self._providers.values():
            if isinstance(provider, Closable):
                await provider.close()

    async def _preferred(self) -> str:
        vendors = [vendor for vendor in VENDORS.values() if vendor.name in self._providers]
        with_key = [vendor for vendor in vendors if vendor.key(self._environment)]
        with_address = [vendor for vendor in vendors if vendor.base_url(self._settings, self._environment)]
        for vendor in (*with_key, *with_address):
            return vendor.name
        if OLLAMA in self._providers and await self._ollama.models():
            return OLLAMA
        return SCRIPTED

    async def _endpoint(self, name: str, own: Endpoint) -> Endpoint:
        if own.base_url is not None:
            await check_address(own.base_url, allow_private=self._settings.allow_private_base_urls)
            return own
        key = own.api_key or VENDORS[name].key(self._environment) if name in VENDORS else None
        return Endpoint(base_url=self.base_url(name), api_key=key)

    async def _model(self, name: str, model: str) -> str:
        if model != AUTO:
            return model
        if name in VENDORS:
            return VENDORS[name].model(self._settings)
        return await self._ollama_model() if name == OLLAMA else AUTO

    async def _ollama_model(self) -> str:
        """Return the model to use with Ollama. Raises: ProviderFailure, if there is none."""
        if self._settings.ollama.model != AUTO:
            return self._settings.ollama.model
        models = await self._ollama.models()
        if not models:
            raise ProviderFailure(
                "PROVIDER_UNAVAILABLE",
                f"No Ollama with a model answers at {self._ollama.base_url}: start it, and pull a model.",
            )
        return models[0]

    def _unknown(self, name: str) -> ProviderFailure:
        usable = ", ".join([AUTO, *self.names()]) if self._providers else "none"
        return ProviderFailure(
            "PROVIDER_UNAVAILABLE", f"The provider `{name[:100]}` cannot be used here. Available: {usable}."
        )


def _without_models(model: str) -> ProviderFailure:
    keys = ", ".join(vendor.key_variables[0] for vendor in VENDORS.values())
    return ProviderFailure(
        "PROVIDER_UNAVAILABLE",
        f"No language model is configured here, so `{model[:100]}` cannot be asked, and no playbook has that "
        f"name. Set one of {keys}, or OPENAI_BASE_URL for a compatible server, where the server runs; or "
        "activate a profile.",
    )
