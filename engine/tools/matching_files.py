"""The files of a workspace that match a pattern; found in a worker process."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from roocode_server.engine.concurrency.worker import run_in_worker
from roocode_server.engine.tools.ignore_patterns import Patterns
from roocode_server.engine.tools.unignored import unignored_in
from roocode_server.engine.workspace.name_spelling import spelled, unspelled
from roocode_server.engine.workspace.workspace import Workspace

MOST_EXAMINED_ENTRIES: Final = 100_000
"""The most files and folders of a workspace that are examined."""
MOST_MATCHING_FILES: Final = 1000
"""The most files that are returned; the others are only counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchingFiles:
    """The first files that match, level by level, and how many there are; `is_cut` if not all were examined.

    What the session's rules hide is neither among them nor counted, except among those not returned.
    """

    paths: Sequence[str]
    count: int
    is_cut: bool


async def matching_files(
    workspace: Workspace, pattern: str, withholds: Callable[[str], bool]
) -> MatchingFiles:
    """Return the files that match a pattern as in `.gitignore`, without what `.gitignore` and `.rooignore`
    name and `withholds` hides.

    Raises: Exhausted, if it takes too long; OSError, if the workspace cannot be read.
    """
    place = str(workspace.folder)
    found = await run_in_worker(matching_in, place, pattern, owner=place)
    paths = [spelled(path) for path in found["paths"]]
    kept = [path for path in paths if not _is_hidden(path, withholds)]
    return MatchingFiles(paths=kept, count=found["count"] - len(paths) + len(kept), is_cut=found["is_cut"])


def matching_in(folder: str, pattern: str) -> dict[str, object]:
    """As `matching_files`, below the workspace `folder`; paths are those of the kernel. Raises: OSError."""
    walked = unignored_in(folder, "", True, MOST_EXAMINED_ENTRIES, MOST_EXAMINED_ENTRIES)
    patterns = Patterns([unspelled(line) for line in pattern.split("\n")])
    entries = walked["entries"]
    assert isinstance(entries, Sequence)  # noqa: S101 - the walk's own answer
    paths = [
        entry["path"]
        for entry in entries
        if not entry["is_folder"] and patterns.ignores(entry["path"], is_folder=False)
    ]
    return {"paths": paths[:MOST_MATCHING_FILES], "count": len(paths), "is_cut": walked["is_cut"]}


def _is_hidden(path: str, withholds: Callable[[str], bool]) -> bool:
    """Whether a rule hides the file or a folder above it."""
    while path:
        if withholds(path):
            return True
        path = posixpath.dirname(path)
    return False
