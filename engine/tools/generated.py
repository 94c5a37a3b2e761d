"""Which files are generated: excluded by the `.gitignore` files of a workspace, or left behind by tools."""

from __future__ import annotations

import os
from collections.abc import Collection
from typing import Final

from roocode_server.engine.concurrency.worker import Exhausted, run_in_worker
from roocode_server.engine.tools.gitignore import IgnoreRules, folders_above
from roocode_server.engine.tools.ignore_patterns import Patterns
from roocode_server.engine.workspace.file_access import FOLDER_FLAGS
from roocode_server.engine.workspace.name_spelling import spelled, unspelled
from roocode_server.engine.workspace.scanning import opened
from roocode_server.engine.workspace.workspace import Workspace

LEFT_BEHIND: Final = (
    ".agent_logs/",
    "__pycache__/",
    "*.py[co]",
    ".pytest_cache/",
    ".mypy_cache/",
    ".ruff_cache/",
    ".hypothesis/",
    ".tox/",
    ".nox/",
    ".venv/",
    "*.egg-info/",
    ".coverage",
    "node_modules/",
    ".next/",
    ".nuxt/",
    ".parcel-cache/",
    ".gradle/",
    "*.class",
    ".DS_Store",
)
"""Files and folders that tools write and nobody edits, as gitignore patterns; a `.gitignore` can name
exceptions.
"""


async def generated(workspace: Workspace, paths: Collection[str]) -> frozenset[str]:
    """Return those of the paths (relative, spelled) that are generated, whether they still exist or not.

    None, if the rules are too complex to be applied in time.
    """
    place = str(workspace.folder)
    try:
        found = await run_in_worker(generated_in, place, [unspelled(path) for path in paths], owner=place)
    except Exhausted:
        return frozenset()
    return frozenset(spelled(path) for path in found)


def generated_in(folder: str, paths: list[str]) -> list[str]:
    """As `generated`, below the workspace `folder`; paths are those of the kernel. Raises: OSError."""
    with opened(os.open(folder, FOLDER_FLAGS)) as root:
        rules = IgnoreRules(root, Patterns(LEFT_BEHIND))
        verdicts: dict[str, bool] = {"": False}
        return [path for path in paths if _is_ignored(rules, path, verdicts)]


def _is_ignored(rules: IgnoreRules, path: str, verdicts: dict[str, bool]) -> bool:
    """Whether the file or a folder above it is ignored; `verdicts` has those on folders."""
    for folder in folders_above(path):
        if folder not in verdicts:
            verdicts[folder] = rules.ignores(folder, is_folder=True)
        if verdicts[folder]:
            return True
        rules.learn(folder)
    return rules.ignores(path, is_folder=False)
