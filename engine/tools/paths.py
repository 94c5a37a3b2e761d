"""Paths as tools are given them and as they show them."""

from __future__ import annotations

from engine.runtimes.workspace import Workspace
from models.error import InvalidField


def place(workspace: Workspace, path: str) -> str:
    """Where in the workspace a path leads, `..` folded before any link is followed: `/src/a.py`.

    What is approved, opened and told is so one and the same path. Raises: InvalidField, for a path that
    `..` leads out of the workspace, or that is none.
    """
    depth = 0
    for part in path.split("/"):
        depth += {"": 0, ".": 0, "..": -1}.get(part, 1)
        if depth < 0:
            raise InvalidField("path", "The path leaves the workspace.")
    return workspace.canonical(path)


def shown(path: str) -> str:
    """A path of `place` as a model is shown it: relative to the workspace, which is where commands run."""
    return path.strip("/") or "."


async def is_folder(workspace: Workspace, path: str) -> bool:
    """Whether there is a folder at this path. Raises: InvalidField, where a link leads out."""
    entry = await workspace.stat(path)
    return entry is not None and entry.type == "directory"
