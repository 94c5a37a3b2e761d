"""The vendors whose models need a key: the sources of keys and addresses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from roocode_server.models.profile import AUTO
from roocode_server.models.settings import ProviderSettings, VendorSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor:
    """A vendor; of its environment variables, the first one that is set counts."""

    name: str
    key_variables: tuple[str, ...]
    url_variable: str
    default_model: str
    models: tuple[str, ...]
    """Those that are offered for choice, the best first; any other name is asked for, too."""

    def key(self, environment: Mapping[str, str]) -> str | None:
        """Return the server's own key, or None."""
        variable = self.key_variable(environment)
        return None if variable is None else environment[variable].strip()

    def key_variable(self, environment: Mapping[str, str]) -> str | None:
        """Return the name of the variable that has the key, or None."""
        return next((name for name in self.key_variables if environment.get(name, "").strip()), None)

    def base_url(self, settings: ProviderSettings, environment: Mapping[str, str]) -> str | None:
        """Return the configured address of its models; None means the vendor's own."""
        return self._section(settings).base_url or environment.get(self.url_variable, "").strip() or None

    def model(self, settings: ProviderSettings) -> str:
        """Return the model that `auto` means."""
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
            models=("claude-opus-4-5", "claude-sonnet-4-5", "claude-haiku-4-5"),
        ),
        Vendor(
            name="openai",
            key_variables=("OPENAI_API_KEY",),
            url_variable="OPENAI_BASE_URL",
            default_model="gpt-5",
            models=(
                "gpt-5.1",
                "gpt-5",
                "gpt-5-mini",
                "gpt-5-nano",
                "gpt-5-pro",
                "gpt-4.1",
                "gpt-4.1-mini",
                "o3",
            ),
        ),
        Vendor(
            name="gemini",
            key_variables=("GEMINI_API_KEY", "GOOGLE_API_KEY"),
            url_variable="GOOGLE_GEMINI_BASE_URL",
            default_model="gemini-2.5-pro",
            models=("gemini-2.5-pro", "gemini-2.5-flash", "gemini-2.5-flash-lite"),
        ),
    )
}
"""In the order in which `auto` looks for a key."""
