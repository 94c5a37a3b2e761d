"""Parsing of `.roomodes`, the modes defined by a workspace. Source: S2; docs/modes.md.

The workspace is not trusted: parsing YAML of the permitted size can take a second, and matching a regular
expression any time. `modes_in` and `finds` therefore run in a worker process (engine/concurrency/worker.py),
which is why this module imports little.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

import regex
import yaml

from roocode_server.models.error import ValidationFailed
from roocode_server.models.mode import Mode
from roocode_server.models.tool import ToolGroup

ROOMODES: Final = ".roomodes"
LARGEST_ROOMODES_BYTES: Final = 200_000
MOST_MODES: Final = 100
"""With YAML aliases a small file could define very many long modes."""

_SLUG: Final = re.compile(r"[a-zA-Z0-9-]+")
_GROUPS: Final = frozenset(group.value for group in ToolGroup) - {ToolGroup.ALWAYS.value}
_FIELDS: Final = frozenset(
    {"slug", "name", "roleDefinition", "whenToUse", "description", "customInstructions"}
)


class ModesInvalid(Exception):
    """Custom modes that cannot be used; the message says which and why."""


def modes_in(content: bytes) -> dict[str, Any]:
    """Parse a file: `{"modes": [...]}` with dumps of `Mode`, or `{"mistake": ...}` if it is invalid."""
    try:
        return {"modes": [mode.dump() for mode in read(content)]}
    except ModesInvalid as mistake:
        return {"mistake": str(mistake)}


def finds(expression: str, paths: Sequence[str]) -> list[bool]:
    """Return for each path whether the expression matches somewhere in it."""
    compiled = regex.compile(expression)
    return [compiled.search(path) is not None for path in paths]


def read(content: bytes) -> list[Mode]:
    """Parse a `.roomodes` file, YAML or JSON: `customModes: [{slug, name, roleDefinition, …}]`.

    Raises: ModesInvalid.
    """
    try:
        loaded = yaml.safe_load(content.decode()) or {}
    except (ValueError, yaml.YAMLError, RecursionError) as mistake:
        raise ModesInvalid(f"{ROOMODES} is not valid YAML: {mistake}") from mistake
    entries = loaded.get("customModes", []) if isinstance(loaded, dict) else None
    if not isinstance(entries, list):
        raise ModesInvalid(f"{ROOMODES} has no list `customModes`")
    if len(entries) > MOST_MODES:
        raise ModesInvalid(f"{ROOMODES} has more than {MOST_MODES} modes")
    modes = [_mode(entry) for entry in entries]
    check(modes)
    return modes


def check(modes: Sequence[Mode]) -> None:
    """Raises: ModesInvalid, if a mode is invalid or a slug is used twice."""
    slugs = [mode.slug for mode in modes]
    for mode in modes:
        names = [group.name for group in mode.groups]
        if not _SLUG.fullmatch(mode.slug):
            raise ModesInvalid(f"mode `{mode.slug}`: a slug has letters, digits and dashes only")
        if slugs.count(mode.slug) > 1:
            raise ModesInvalid(f"mode `{mode.slug}` occurs twice")
        for name in names:
            if name not in _GROUPS or names.count(name) > 1:
                known = ", ".join(sorted(_GROUPS))
                raise ModesInvalid(f"mode `{mode.slug}`: group `{name}` is unknown or occurs twice ({known})")
        for group in mode.groups:
            _check_expression(mode, group.file_regex or "")


def _mode(entry: Any) -> Mode:
    if not isinstance(entry, dict):
        raise ModesInvalid(f"{ROOMODES}: a mode is an object")
    groups = entry.get("groups", [])
    known = {key: content for key, content in entry.items() if key in _FIELDS}
    try:
        return Mode.load({**known, "groups": [_group(each) for each in groups], "source": ROOMODES})
    except (ValidationFailed, TypeError) as mistake:
        details = mistake.details if isinstance(mistake, ValidationFailed) else mistake
        raise ModesInvalid(f"{ROOMODES}: mode {str(entry.get('slug'))[:64]}: {details}") from mistake


def _group(entry: Any) -> dict[str, Any]:
    """Parse `"read"`, or `["edit", {"fileRegex": …, "description": …}]`. Raises: TypeError."""
    if isinstance(entry, str):
        return {"name": entry}
    if isinstance(entry, list) and len(entry) == 2 and isinstance(entry[1], dict):
        return {"name": entry[0], **entry[1]}
    raise TypeError("a group is a name, or a list of a name and its options")


def _check_expression(mode: Mode, expression: str) -> None:
    try:
        regex.compile(expression)
    except regex.error as mistake:
        raise ModesInvalid(f"mode `{mode.slug}`: fileRegex `{expression}`: {mistake}") from mistake
