"""Paths as tools are given them and as they show them."""

from __future__ import annotations

from roocode_server.engine.workspace.workspace import Workspace


def place(workspace: Workspace, path: str) -> str:
    """Where in the workspace a path leads: `/src/a.py`. Raises: InvalidField, if it is out of it."""
    return workspace.canonical(path)


def shown(path: str) -> str:
    """A path of `place` as a model is shown it: relative to the workspace, which is where commands run."""
    return path.strip("/") or "."


async def is_folder(workspace: Workspace, path: str) -> bool:
    """Whether there is a folder at this path. Raises: InvalidField, where a link leads out."""
    entry = await workspace.stat(path)
    return entry is not None and entry.type == "directory"
