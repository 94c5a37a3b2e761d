"""What git would ignore in a workspace, by its `.gitignore` files; read in worker processes.

Source: gitignore(5).
"""

from __future__ import annotations

import os
import posixpath
import stat
from typing import Final

from roocode_server.engine.tools.ignore_patterns import Patterns
from roocode_server.engine.workspace.file_access import READ_FLAGS
from roocode_server.engine.workspace.openat2 import open_beneath
from roocode_server.engine.workspace.scanning import opened

GITIGNORE: Final = ".gitignore"
LARGEST_RULES: Final = 1_000_000


class IgnoreRules:
    """The `.gitignore` files that were read, below a workspace's folder (a descriptor).

    `otherwise` decides about paths that none of them names.
    """

    def __init__(self, root: int, otherwise: Patterns | None = None) -> None:
        self._root = root
        self._otherwise = otherwise or Patterns(())
        self._by_folder: dict[str, Patterns] = {}

    def learn(self, folder: str) -> None:
        """Read the rules of one folder, unless they are known."""
        if folder not in self._by_folder:
            self._by_folder[folder] = read_rules(self._root, posixpath.join(folder, GITIGNORE))

    def forget(self) -> None:
        """Apply no rules any more that were read."""
        self._by_folder.clear()

    def ignores(self, path: str, *, is_folder: bool) -> bool:
        """Whether git would ignore the path: the nearest folder above with a matching rule decides."""
        if posixpath.basename(path) == ".git":
            return True
        for folder in reversed(folders_above(path)):
            rules = self._by_folder.get(folder)
            relative = path[len(folder) :].lstrip("/")
            verdict = None if rules is None else rules.verdict(relative, is_folder=is_folder)
            if verdict is not None:
                return verdict
        return self._otherwise.ignores(path, is_folder=is_folder)


def read_rules(root: int, path: str) -> Patterns:
    """Read the rules in a file; empty if it cannot be read (a folder, a link to outside), as in git."""
    try:
        with opened(open_beneath(root, path, READ_FLAGS)) as descriptor:
            is_file = stat.S_ISREG(os.fstat(descriptor).st_mode)
            with open(descriptor, "rb", closefd=False) as file:
                return Patterns.parse(file.read(LARGEST_RULES) if is_file else b"")
    except OSError:
        return Patterns(())


def folders_above(path: str) -> list[str]:
    """Return the folders above a path, beginning with the workspace's root (empty)."""
    parts = path.split("/")[:-1]
    return ["/".join(parts[:count]) for count in range(len(parts) + 1)]
