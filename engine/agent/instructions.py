"""Instructions that people leave for the agent in the workspace: `AGENTS.md`, `.roo/rules` and `.roorules`.

Source: S2's users; docs/modes.md. They are text for the model: nothing in them changes what it may do.
"""

from __future__ import annotations

from typing import Final

from engine.runtimes.workspace import Workspace
from models.error import AppError

LONGEST: Final = 20_000
"""Characters of one file; the rest is left out, and the text says so."""
MOST_FILES: Final = 50


async def instructions(workspace: Workspace, mode: str) -> list[tuple[str, str]]:
    """The files that there are, with their text: those of the mode first, the general ones after."""
    found: list[tuple[str, str]] = []
    for folder, single in ((f".roo/rules-{mode}", f".roorules-{mode}"), (".roo/rules", ".roorules")):
        rules = await _folder(workspace, folder)
        found += rules or await _files(workspace, [single])
    return found + await _files(workspace, ["AGENTS.md"])


async def _folder(workspace: Workspace, folder: str) -> list[tuple[str, str]]:
    try:
        listing = await workspace.list(folder, recursive=True, include_hidden=False, max_entries=1000)
    except AppError:
        return []  # it is not there
    paths = sorted(entry.path for entry in listing.files)
    return await _files(workspace, paths[:MOST_FILES])


async def _files(workspace: Workspace, paths: list[str]) -> list[tuple[str, str]]:
    found = []
    for path in paths:
        try:
            text = (await workspace.read(path)).content.decode(errors="replace").strip()
        except AppError:
            continue  # it is not there, or no file
        if text:
            found.append((path.lstrip("/"), _cut(text)))
    return found


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}\n(the rest is left out)"
