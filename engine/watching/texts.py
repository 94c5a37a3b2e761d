"""The earlier text of small files, from which the diff of a change is made."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from typing import Final

from roocode_server.engine.watching.tree import Identity, Known, Tree, WatchedFolder, identity_of, is_same
from roocode_server.engine.workspace.file_access import SOURCE_FLAGS
from roocode_server.engine.workspace.scanning import opened

LARGEST_KEPT_TEXT_BYTES: Final = 256 * 1024
"""The texts of larger files are not kept."""
KEPT_TEXT_BYTES: Final = 16 * 2**20
"""The most bytes kept for one workspace."""
KEPT_TEXT_BYTES_IN_ALL: Final = 128 * 2**20
MOST_FILES_READ_AHEAD: Final = 5000
"""The most files of one workspace that are read in advance."""
FILES_PER_STEP: Final = 64
"""How many files are read in advance per step, so that nobody waits long for the lock."""
FIRST_STEPS: Final = 8
"""How many steps run before the first command starts: what they read is certainly the original text."""


class Budget:
    """The memory that is left for texts of all workspaces together, in bytes."""

    def __init__(self, most_bytes: int = KEPT_TEXT_BYTES_IN_ALL) -> None:
        self.left_bytes = most_bytes


class Texts:
    """The texts of one workspace; its methods are called with the workspace's lock held."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._texts: dict[WatchedFolder, dict[str, tuple[Identity, bytes]]] = {}
        self._bytes = 0

    def get(self, folder: WatchedFolder, name: str, identity: Known | None) -> bytes | None:
        """Return the text of exactly this version of the file; None if it is not kept."""
        kept = self._texts.get(folder, {}).get(name)
        return kept[1] if kept is not None and kept[0] == identity else None

    def keep(self, folder: WatchedFolder, name: str, identity: Identity, text: bytes) -> bool:
        """Replace the text of a file; False if there is no room for it."""
        self.forget(folder, name)
        size = len(text)
        if self._bytes + size > KEPT_TEXT_BYTES or size > self._budget.left_bytes:
            return False
        self._texts.setdefault(folder, {})[name] = (identity, text)
        self._bytes += size
        self._budget.left_bytes -= size
        return True

    def forget(self, folder: WatchedFolder, name: str | None) -> None:
        """Drop the text of a file or, without a name, of all files in the directory."""
        gone = [name] if name is not None else list(self._texts.get(folder, ()))
        for each in gone:
            kept = self._texts.get(folder, {}).pop(each, None)
            size = len(kept[1]) if kept is not None else 0
            self._bytes -= size
            self._budget.left_bytes += size
        if not self._texts.get(folder, True):
            del self._texts[folder]

    def clear(self) -> None:
        """Drop all texts."""
        self._budget.left_bytes += self._bytes
        self._texts.clear()
        self._bytes = 0


def read_ahead(tree: Tree, texts: Texts) -> Iterator[None]:
    """Read the texts of files that have not changed since the tree was read.

    A generator of short steps, each to be run with the lock held; ends when there is no more room.
    """
    left, steps = MOST_FILES_READ_AHEAD, 0
    for folder in tree.folders():
        for names in _in_pieces(list(folder.files)):
            left -= len(names)
            if left < 0 or not _read_some(tree, texts, folder, names, is_first=steps < FIRST_STEPS):
                return
            steps += 1
            yield


def _in_pieces(names: list[str]) -> Iterator[list[str]]:
    for first in range(0, len(names), FILES_PER_STEP):
        yield names[first : first + FILES_PER_STEP]


def _read_some(tree: Tree, texts: Texts, folder: WatchedFolder, names: list[str], *, is_first: bool) -> bool:
    """Read the texts of some files; False if there is no more room."""
    with contextlib.suppress(OSError), tree.open(folder) as parent:
        for name in names:
            known = folder.files.get(name)
            if known is None or texts.get(folder, name, known) is not None:
                continue
            with contextlib.suppress(OSError):
                found = read_text(parent, name)
                if found is None:
                    continue
                text, facts = found
                if is_first or is_same(known, facts, folder.listed_ns):
                    identity = folder.files[name] = identity_of(facts)
                    if not texts.keep(folder, name, identity, text):
                        return False
    return True


def read_text(parent: int, name: str) -> tuple[bytes, os.stat_result] | None:
    """Read a small file without NUL bytes, and its stat result; None for others. Raises: OSError."""
    with opened(os.open(name, SOURCE_FLAGS, dir_fd=parent)) as descriptor:
        facts = os.fstat(descriptor)
        if not stat.S_ISREG(facts.st_mode) or facts.st_size > LARGEST_KEPT_TEXT_BYTES:
            return None
        with open(descriptor, "rb", closefd=False) as file:
            content = file.read(LARGEST_KEPT_TEXT_BYTES + 1)
    if len(content) != facts.st_size or b"\0" in content:
        return None
    return content, facts


def text_of(parent: int, name: str, identity: Identity) -> bytes | None:
    """Return the content of exactly this version of a file; None if it has changed or is not to be kept."""
    try:
        found = read_text(parent, name)
    except OSError:
        return None
    return found[0] if found is not None and identity_of(found[1]) == identity else None
