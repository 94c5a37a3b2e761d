"""Settings from `config.yaml`, the environment and the command line; every mistake is reported at once."""

from __future__ import annotations

import dataclasses
import difflib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from roocode_server.models.auth_settings import AuthMode
from roocode_server.models.error import ValidationFailed
from roocode_server.models.settings import Settings
from roocode_server.server.gate import is_loopback

VARIABLE_PREFIX: Final = "ROOCODE_"
VARIABLE_SEPARATOR: Final = "__"
UNKNOWN_REASON: Final = "Unknown field."
NO_LIST_REASON: Final = "Not a valid list."


class SettingsMistake(Exception):
    """The configuration cannot be used; the message names each setting that is wrong."""


def load_settings(
    config: Path | None,
    *,
    environment: Mapping[str, str] = os.environ,
    overrides: Mapping[str, Any] | None = None,
) -> Settings:
    """The settings: defaults, then the file, then `ROOCODE_SECTION__KEY`, then the command line.

    Raises: SettingsMistake, with all mistakes.
    """
    raw: dict[str, Any] = _read(config) if config is not None else {}
    _overlay(raw, _from_environment(environment))
    _overlay(raw, overrides or {})
    try:
        settings = Settings.load_plain(raw)
    except ValidationFailed as failure:
        raise SettingsMistake(_report(failure, raw)) from None
    _check_open_mode(settings)
    return settings


def _read(config: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(config.read_text())
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as failure:
        raise SettingsMistake(f"{config} cannot be read: {_reason(failure)}") from failure
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise SettingsMistake(f"{config}: expected sections with settings")
    return {name: {} if section is None else section for name, section in content.items()}


def _reason(failure: OSError | UnicodeDecodeError | yaml.YAMLError) -> str:
    match failure:
        case OSError(strerror=str(reason)):
            return reason
        case UnicodeDecodeError():
            return f"it is not UTF-8 text (byte {failure.start})"
        case _:
            return str(failure)


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    """`ROOCODE_SERVER__PORTS=[3000, 3001]` → {"server": {"ports": [3000, 3001]}}; values are YAML."""
    found: dict[str, Any] = {}
    for name, text in environment.items():
        if name.startswith(VARIABLE_PREFIX) and VARIABLE_SEPARATOR in name:
            *sections, key = name.removeprefix(VARIABLE_PREFIX).lower().split(VARIABLE_SEPARATOR)
            place = found
            for section in sections:
                place = place.setdefault(section, {})
            try:
                place[key] = yaml.safe_load(text)
            except yaml.YAMLError as mistake:
                raise SettingsMistake(f"{name} is not valid YAML: {mistake}") from mistake
    return found


def _overlay(base: dict[str, Any], above: Mapping[str, Any]) -> None:
    for name, content in above.items():
        if isinstance(content, Mapping) and isinstance(base.get(name), dict):
            _overlay(base[name], content)
        else:
            base[name] = dict(content) if isinstance(content, Mapping) else content


def _report(failure: ValidationFailed, raw: Mapping[str, Any]) -> str:
    mistakes = [
        f"{mistake['field']}: {mistake['reason']}{_hint(mistake['field'].split('.'), mistake['reason'], raw)}"
        for mistake in failure.details.get("fields", [failure.details])
    ]
    return "The configuration has mistakes:\n  " + "\n  ".join(mistakes)


def _hint(path: list[str], reason: str, raw: Mapping[str, Any]) -> str:
    """What may have been meant: the name that is most alike, or a list of the one thing that was given."""
    *sections, name = path
    known: Any = dataclasses.asdict(Settings())
    given: Any = raw
    for section in sections:
        known = known.get(section) if isinstance(known, Mapping) else None
        given = given.get(section) if isinstance(given, Mapping) else None
    if reason == UNKNOWN_REASON and isinstance(known, Mapping):
        alike = difflib.get_close_matches(name, known, 1)
        return f" Is `{alike[0]}` meant?" if alike else ""
    if (
        reason == NO_LIST_REASON
        and isinstance(given, Mapping)
        and isinstance(given.get(name), str | int | float)
    ):
        return f" A list is written [{given[name]}]."
    return ""


def _check_open_mode(settings: Settings) -> None:
    if settings.auth.mode is AuthMode.OPEN and not is_loopback(settings.server.host):
        raise SettingsMistake(
            "auth.mode: open lets anybody in, so it is only allowed on loopback: "
            f"set server.host to 127.0.0.1, not {settings.server.host}"
        )
