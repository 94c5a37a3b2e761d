"""Checks of what agents work with: models and a browser."""

from __future__ import annotations

import os
from collections.abc import Sequence

from roocode_server.engine.browser.browsers import browser_program
from roocode_server.engine.providers.catalogue import EXTRAS
from roocode_server.engine.providers.ollama import Ollama
from roocode_server.engine.providers.vendors import VENDORS
from roocode_server.models.diagnosis import Finding
from roocode_server.models.extras import is_installed
from roocode_server.models.settings import BrowserSettings, ProviderSettings, Settings


async def check_agents(settings: Settings) -> Sequence[Finding]:
    """Look for keys of models, without showing any, for a local Ollama, and for a browser."""
    return [*await _models(settings.providers), _browser(settings.browser)]


async def _models(settings: ProviderSettings) -> Sequence[Finding]:
    usable: list[str] = []
    findings: list[Finding] = []
    for vendor in VENDORS.values():
        variable, address = vendor.key_variable(os.environ), vendor.base_url(settings, os.environ)
        if variable is None and address is None:
            continue
        said = f"{vendor.name} ({variable or 'its address is set, without a key'})"
        extra = EXTRAS[vendor.name]
        if is_installed(extra):
            usable.append(said)
        else:
            findings.append(Finding.lacking("models", f"{said}: its library is not installed", _extra(extra)))
    ollama = await Ollama(settings.ollama.base_url).models()
    if ollama:
        usable.append(f"ollama ({len(ollama)} models)")
    if usable:
        findings.insert(0, Finding.good("models", ", ".join(usable)))
    return findings or [_no_models()]


def _no_models() -> Finding:
    variables = ", ".join(vendor.key_variables[0] for vendor in VENDORS.values())
    return Finding.lacking(
        "models",
        "no key of a vendor and no Ollama; playbooks work, and models of users' own profiles",
        f"Set one of {variables} where the server runs, or start Ollama; see docs/models.md.",
    )


def _browser(settings: BrowserSettings) -> Finding:
    program, advice = browser_program(settings), "Agents cannot use browser_action without it. "
    if not is_installed("browser"):
        return Finding.lacking("browser", "the extra `browser` is not installed", advice + _extra("browser"))
    if program is None:
        how = "Install the package chromium, or name the program in browser.executable."
        return Finding.lacking("browser", "no Chromium was found", advice + how)
    return Finding.good("browser", program)


def _extra(name: str) -> str:
    return f'Install the extra: pip install "roocode-server[{name}]", in a checkout make {name}.'
