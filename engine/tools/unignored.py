"""Listing of folders without what git ignores and `.rooignore` forbids; runs in a worker process."""

from __future__ import annotations

import contextlib
import os
import posixpath
import stat
from collections import deque
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Final

from roocode_server.engine.concurrency.worker import Exhausted, run_in_worker
from roocode_server.engine.tools.gitignore import GITIGNORE, IgnoreRules, folders_above, read_rules
from roocode_server.engine.tools.ignore_patterns import Patterns
from roocode_server.engine.tools.tool import ToolFailure
from roocode_server.engine.workspace.file_access import FOLDER_FLAGS
from roocode_server.engine.workspace.name_spelling import spelled, unspelled
from roocode_server.engine.workspace.openat2 import open_beneath
from roocode_server.engine.workspace.os_errors import os_errors
from roocode_server.engine.workspace.scanning import opened
from roocode_server.engine.workspace.workspace import Workspace

ROOIGNORE: Final = ".rooignore"


@dataclass(frozen=True, slots=True)
class ListedEntry:
    """A file or folder; `path` is relative to the workspace. A link counts as its target in the workspace."""

    path: str
    is_folder: bool
    is_link: bool
    size: int
    changed: float


@dataclass(frozen=True, slots=True)
class Unignored:
    """The entries found, level by level, with spelled paths; `is_cut` if there are more."""

    entries: Sequence[ListedEntry]
    is_cut: bool


async def unignored(
    workspace: Workspace, folder: str, *, recursive: bool, most: int, most_of_folder: int
) -> Unignored:
    """List a folder; links are not followed.

    `most_of_folder` limits the entries of one folder that are examined, including ignored ones. Raises:
    NotFound;
    Conflict, if it is a file; InvalidField; ToolFailure, if it takes too long.
    """
    start = unspelled(folder.strip("/"))
    place, bounds = str(workspace.folder), (recursive, most, most_of_folder)
    try:
        with os_errors(folder):
            found = await run_in_worker(unignored_in, place, start, *bounds, owner=place)
    except Exhausted:
        raise ToolFailure(
            f"{folder.strip('/') or '.'} takes too long to list: it contains too much, or its {GITIGNORE} "
            "files are too complex. Choose a folder below."
        ) from None
    entries = [ListedEntry(**{**each, "path": spelled(each["path"])}) for each in found["entries"]]
    return Unignored(entries, found["is_cut"])


def unignored_in(
    folder: str, start: str, recursive: bool, most: int, most_of_folder: int
) -> dict[str, object]:
    """As `unignored`, below the workspace `folder`. Raises: OSError."""
    with opened(os.open(folder, FOLDER_FLAGS)) as root:
        return asdict(_Walk(root, most_of_folder).walk(start, recursive=recursive, most=most))


class _Walk:
    def __init__(self, root: int, most_of_folder: int) -> None:
        self._root = root
        self._most_of_folder = most_of_folder
        self._rules = IgnoreRules(root)
        self._forbidden = read_rules(root, ROOIGNORE)
        self._is_cut = False

    def walk(self, start: str, *, recursive: bool, most: int) -> Unignored:
        """List from `start`; folders that vanish meanwhile are left out.

        Raises: OSError, if `start` cannot be read.
        """
        self._learn_above(start)
        found: list[ListedEntry] = []
        waiting = deque(self._level(start, found))
        while recursive and waiting and len(found) <= most and not self._is_cut:
            with contextlib.suppress(OSError):
                waiting += self._level(waiting.popleft(), found)
        return Unignored(found[:most], self._is_cut or len(found) > most)

    def _level(self, place: str, found: list[ListedEntry]) -> list[str]:
        """Add the entries of one folder to `found`, and return its subfolders."""
        with opened(open_beneath(self._root, place, FOLDER_FLAGS)) as folder:
            with os.scandir(folder) as scanned:
                entries = sorted(islice(scanned, self._most_of_folder + 1), key=lambda entry: entry.name)
            self._is_cut |= len(entries) > self._most_of_folder
            if any(entry.name == GITIGNORE for entry in entries):
                self._rules.learn(place)
            level = []
            for entry in entries[: self._most_of_folder]:
                with contextlib.suppress(OSError):
                    level += self._looked_at(posixpath.join(place, entry.name), entry)
        found += level
        return [entry.path for entry in level if entry.is_folder and not entry.is_link]

    def _looked_at(self, path: str, entry: os.DirEntry[str]) -> list[ListedEntry]:
        """Return the entry, or nothing if it is left out.

        Raises: OSError, if a link leads nowhere or outside.
        """
        is_link = entry.is_symlink()
        if is_link:
            with opened(open_beneath(self._root, path, os.O_PATH)) as descriptor:
                facts = os.fstat(descriptor)
        else:
            facts = entry.stat(follow_symlinks=False)
        is_folder = stat.S_ISDIR(facts.st_mode)
        if not (is_folder or stat.S_ISREG(facts.st_mode)) or self._is_left_out(path, is_folder=is_folder):
            return []
        return [ListedEntry(path, is_folder, is_link, facts.st_size, facts.st_mtime)]

    def _is_left_out(self, path: str, *, is_folder: bool) -> bool:
        if forbids(self._forbidden, path):
            return True
        return self._rules.ignores(path, is_folder=is_folder)

    def _learn_above(self, start: str) -> None:
        """Read the rules of the folders above; they do not apply if `start` itself is ignored."""
        for folder in folders_above(start) if start else []:
            self._rules.learn(folder)
        if start and self._rules.ignores(start, is_folder=True):
            self._rules.forget()


def forbids(rules: Patterns, path: str) -> bool:
    """Whether a path is forbidden, whether it is a file or a folder."""
    return rules.ignores(path, is_folder=False) or rules.ignores(path, is_folder=True)
