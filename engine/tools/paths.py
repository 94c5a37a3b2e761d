"""Paths as tools receive and show them."""

from __future__ import annotations

from roocode_server.engine.workspace.workspace import Workspace


def place(workspace: Workspace, path: str) -> str:
    """Return the canonical path in the workspace: `/src/a.py`. Raises: InvalidField, if it leads out."""
    return workspace.canonical(path)


def shown(path: str) -> str:
    """Return a path of `place` as a model sees it: relative to the workspace, where commands run."""
    return path.strip("/") or "."


async def is_folder(workspace: Workspace, path: str) -> bool:
    """Return whether there is a folder at this path. Raises: InvalidField, if a link leads out."""
    entry = await workspace.stat(path)
    return entry is not None and entry.type == "directory"
