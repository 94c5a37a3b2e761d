"""Instructions for the agent in the workspace: `AGENTS.md`, `.roo/rules` and `.roorules`.

Source: S2's users; docs/modes.md. They are only text for the model; they grant no permissions.
"""

from __future__ import annotations

from typing import Final

from roocode_server.engine.workspace.workspace import Workspace
from roocode_server.models.error import AppError

INSTRUCTION_CHARACTERS: Final = 20_000
"""The most characters of one file; the rest is left out, and the text says so."""
MOST_INSTRUCTION_FILES: Final = 50


async def instructions(workspace: Workspace, mode: str) -> list[tuple[str, str]]:
    """Return (path, text) of the instruction files that exist: those of the mode first, then the general
    ones.
    """
    rules = await _rules(workspace)
    wanted: list[str] = []
    for folder, single in ((f".roo/rules-{mode}/", f".roorules-{mode}"), (".roo/rules/", ".roorules")):
        within = [path for path in rules if path.startswith(folder)]
        wanted += within[:MOST_INSTRUCTION_FILES] or [single]
    contents = await workspace.read_some([*wanted, "AGENTS.md"])
    texts = [(path, content.decode(errors="replace").strip()) for path, content in contents.items()]
    return [(path, _cut(text)) for path, text in texts if text]


async def _rules(workspace: Workspace) -> list[str]:
    """Return the paths of all files below `.roo`, sorted."""
    try:
        listing = await workspace.list(".roo", recursive=True, include_hidden=False, max_entries=1000)
    except AppError:
        return []  # there is no such folder
    return sorted(entry.path.lstrip("/") for entry in listing.files)


def _cut(text: str) -> str:
    return (
        text
        if len(text) <= INSTRUCTION_CHARACTERS
        else f"{text[:INSTRUCTION_CHARACTERS]}\n(the rest is left out)"
    )
