"""The providers that this server has, by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from engine.providers.provider import Provider, ProviderFailure

AUTO: Final = "auto"
PREFERENCE: Final = ("scripted",)
"""What `auto` stands for: the first of these that can be used."""


class Providers:
    """Finds a provider by its name, or the one that `auto` stands for."""

    def __init__(self, providers: Mapping[str, Provider]) -> None:
        self._providers = dict(providers)

    def names(self) -> Sequence[str]:
        """The providers that can be used, in alphabetical order."""
        return sorted(self._providers)

    def find(self, name: str) -> Provider:
        """Raises: ProviderFailure: PROVIDER_UNAVAILABLE, with the names of those that can be used."""
        wanted = PREFERENCE if name == AUTO else (name,)
        for each in wanted:
            if each in self._providers:
                return self._providers[each]
        usable = ", ".join([AUTO, *self.names()]) if self._providers else "none"
        raise ProviderFailure(
            "PROVIDER_UNAVAILABLE", f"The provider `{name[:100]}` cannot be used here. Usable are: {usable}."
        )
