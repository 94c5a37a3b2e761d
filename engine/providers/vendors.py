"""The vendors whose models are asked with a key: where their keys and addresses come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from roocode_server.models.settings import ProviderSettings, VendorSettings

AUTO: Final = "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor:
    """A vendor; `key_variables` and `url_variable` are those of the environment, the first set one counts."""

    name: str
    key_variables: tuple[str, ...]
    url_variable: str
    default_model: str

    def key(self, environment: Mapping[str, str]) -> str | None:
        """The server's own key; None: there is none."""
        found = (environment.get(name, "").strip() for name in self.key_variables)
        return next((key for key in found if key), None)

    def base_url(self, settings: ProviderSettings, environment: Mapping[str, str]) -> str | None:
        """Where its models are asked; None: at its own address."""
        return self._section(settings).base_url or environment.get(self.url_variable, "").strip() or None

    def model(self, settings: ProviderSettings) -> str:
        """What `auto` is."""
        chosen = self._section(settings).model
        return self.default_model if chosen == AUTO else chosen

    def _section(self, settings: ProviderSettings) -> VendorSettings:
        section: VendorSettings = getattr(settings, self.name)
        return section


VENDORS: Final[Mapping[str, Vendor]] = {
    vendor.name: vendor
    for vendor in (
        Vendor(
            name="anthropic",
            key_variables=("ANTHROPIC_API_KEY",),
            url_variable="ANTHROPIC_BASE_URL",
            default_model="claude-sonnet-4-5",
        ),
        Vendor(
            name="openai",
            key_variables=("OPENAI_API_KEY",),
            url_variable="OPENAI_BASE_URL",
            default_model="gpt-5",
        ),
        Vendor(
            name="gemini",
            key_variables=("GEMINI_API_KEY", "GOOGLE_API_KEY"),
            url_variable="GOOGLE_GEMINI_BASE_URL",
            default_model="gemini-2.5-pro",
        ),
    )
}
"""In the order in which `auto` looks for a key."""
