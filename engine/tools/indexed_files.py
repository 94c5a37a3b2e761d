"""The files of a workspace that are searched by meaning."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

from roocode_server.engine.tools.unignored import ListedEntry, unignored
from roocode_server.engine.workspace.workspace import Workspace

MOST_INDEXED_FILES: Final = 5000
MOST_INDEXED_FOLDER_ENTRIES: Final = 10_000
MOST_INDEXED_ENTRIES: Final = 20_000
"""Files and folders, including links."""


async def indexed_files(
    workspace: Workspace, is_withheld: Callable[[str], bool] | None = None
) -> tuple[dict[str, object], bool]:
    """Return for each file a value that changes with its content, and whether there are more files.

    Files that git ignores are left out, those that are withheld, and links: a link's target is found under
    its own name.
    """
    found = await unignored(
        workspace,
        "/",
        recursive=True,
        most=MOST_INDEXED_ENTRIES,
        most_of_folder=MOST_INDEXED_FOLDER_ENTRIES,
    )
    files = await asyncio.to_thread(_stamps, found.entries, is_withheld)
    return dict(list(files.items())[:MOST_INDEXED_FILES]), found.is_cut or len(files) > MOST_INDEXED_FILES


def _stamps(entries: Sequence[ListedEntry], is_withheld: Callable[[str], bool] | None) -> dict[str, object]:
    return {
        f"/{entry.path}": (entry.size, entry.changed)
        for entry in entries
        if not (entry.is_folder or entry.is_link or (is_withheld is not None and is_withheld(entry.path)))
    }
