"""The text of small files as it was, so that a change can be told with its lines."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from typing import Final

from roocode_server.engine.watching.tree import Identity, Known, Tree, WatchedFolder, identity_of, is_same
from roocode_server.engine.workspace.scanning import opened

LARGEST_BYTES: Final = 256 * 1024
"""The text of a larger file is not kept."""
MOST_BYTES: Final = 16 * 2**20
"""Of one workspace."""
MOST_BYTES_IN_ALL: Final = 128 * 2**20
MOST_FILES: Final = 5000
"""Files of one workspace that are read ahead."""
MOST_AT_ONCE: Final = 64
"""Files that are read ahead in one turn, so that nobody waits for it long."""
FIRST_STEPS: Final = 8
"""Steps of reading ahead before the first command begins: what they read is what was there."""

_OPEN_FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class Budget:
    """What all texts together may take."""

    def __init__(self, most_bytes: int = MOST_BYTES_IN_ALL) -> None:
        self.left_bytes = most_bytes


class Texts:
    """The texts of one workspace; used within its turn."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._texts: dict[WatchedFolder, dict[str, tuple[Identity, bytes]]] = {}
        self._bytes = 0

    def get(self, folder: WatchedFolder, name: str, identity: Known | None) -> bytes | None:
        """The text of the very file that is meant; None, if it is not kept."""
        kept = self._texts.get(folder, {}).get(name)
        return kept[1] if kept is not None and kept[0] == identity else None

    def keep(self, folder: WatchedFolder, name: str, identity: Identity, text: bytes) -> bool:
        """Keep a text in the place of what was kept; whether there was room for it."""
        self.forget(folder, name)
        size = len(text)
        if self._bytes + size > MOST_BYTES or size > self._budget.left_bytes:
            return False
        self._texts.setdefault(folder, {})[name] = (identity, text)
        self._bytes += size
        self._budget.left_bytes -= size
        return True

    def forget(self, folder: WatchedFolder, name: str | None) -> None:
        """Keep the text of a file no longer; without a name, that of any file of the directory."""
        gone = [name] if name is not None else list(self._texts.get(folder, ()))
        for each in gone:
            kept = self._texts.get(folder, {}).pop(each, None)
            size = len(kept[1]) if kept is not None else 0
            self._bytes -= size
            self._budget.left_bytes += size
        if not self._texts.get(folder, True):
            del self._texts[folder]

    def clear(self) -> None:
        self._budget.left_bytes += self._bytes
        self._texts.clear()
        self._bytes = 0


def read_ahead(tree: Tree, texts: Texts) -> Iterator[None]:
    """Keep the texts of a workspace that nobody has changed since it was looked at.

    Goes on from one step to the next, each within the turn; ends where there is no more room.
    """
    left, steps = MOST_FILES, 0
    for folder in tree.folders():
        for names in _in_pieces(list(folder.files)):
            left -= len(names)
            if left < 0 or not _read_some(tree, texts, folder, names, is_first=steps < FIRST_STEPS):
                return
            steps += 1
            yield


def _in_pieces(names: list[str]) -> Iterator[list[str]]:
    for first in range(0, len(names), MOST_AT_ONCE):
        yield names[first : first + MOST_AT_ONCE]


def _read_some(tree: Tree, texts: Texts, folder: WatchedFolder, names: list[str], *, is_first: bool) -> bool:
    """Whether there is room for more."""
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
    """A small file's content, if it has no NUL, and what is known of it. Raises: OSError."""
    with opened(os.open(name, _OPEN_FILE, dir_fd=parent)) as descriptor:
        facts = os.fstat(descriptor)
        if not stat.S_ISREG(facts.st_mode) or facts.st_size > LARGEST_BYTES:
            return None
        with open(descriptor, "rb", closefd=False) as file:
            content = file.read(LARGEST_BYTES + 1)
    if len(content) != facts.st_size or b"\0" in content:
        return None
    return content, facts


def text_of(parent: int, name: str, identity: Identity) -> bytes | None:
    """The content of the very file that is meant; None, if it is none to keep, or another one by now."""
    try:
        found = read_text(parent, name)
    except OSError:
        return None
    return found[0] if found is not None and identity_of(found[1]) == identity else None
