"""Builds the events for changes made by commands."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping, Sequence
from typing import Final

from roocode_server.engine.tools.changes import changes_between
from roocode_server.engine.watching.texts import Texts, text_of
from roocode_server.engine.watching.tree import Tree, TreeChange, WatchedFolder
from roocode_server.engine.workspace.lock import WorkspaceLock
from roocode_server.models.event import Event
from roocode_server.models.file import Changes, FileCreated, FileDeleted, FileModified

BY_COMMAND: Final = "command"
MOST_LINES_WITH_DIFF: Final = 4000
"""Files with more lines, before and after together, are counted without a diff."""
COMPARING_TIMEOUT_S: Final = 0.25
"""When comparing has taken this long, the remaining changes are counted without a diff."""
DIFF_CHARACTERS_AT_ONCE: Final = 200_000
"""The most characters of all diffs reported at once."""

_UNKNOWN: Final = Changes(added=0, removed=0, is_counted=False)

Gone = Mapping[tuple[WatchedFolder, str], bytes]
"""The texts of deleted files."""


class Telling:
    """Builds the events of changes reported at once. Slow: call it in a thread, without holding the lock."""

    def __init__(self, tree: Tree, texts: Texts, turn: WorkspaceLock, gone: Gone) -> None:
        self._tree = tree
        self._texts = texts
        self._turn = turn
        self._gone = gone
        self._left_characters = DIFF_CHARACTERS_AT_ONCE
        self._until = time.monotonic() + COMPARING_TIMEOUT_S

    def events(self, changes: Sequence[TreeChange]) -> list[Event]:
        """Return the events, in order; a file whose content is the same as before has none."""
        told = (self._event(change) for change in changes)
        return [event for event in told if event is not None]

    def _event(self, change: TreeChange) -> Event | None:
        path = change.path
        if change.is_directory:
            if change.kind == "deleted":
                return FileDeleted(path=path, source=BY_COMMAND)
            return FileCreated(path=path, kind="directory", source=BY_COMMAND)
        if change.kind == "deleted":
            text = self._gone.get((change.folder, change.name))
            removed = None if text is None else _counted(path, text, None)
            return FileDeleted(path=path, changes=removed, source=BY_COMMAND)
        before, after = self._texts_of(change)
        if change.kind == "created":
            added = None if after is None else _counted(path, None, after)
            return FileCreated(path=path, changes=added, source=BY_COMMAND)
        if before is None or after is None:
            return FileModified(path=path, changes=_UNKNOWN, source=BY_COMMAND)
        if before == after:
            return None
        return FileModified(path=path, changes=self._compared(path, before, after), source=BY_COMMAND)

    def _texts_of(self, change: TreeChange) -> tuple[bytes | None, bytes | None]:
        """Return the file's text before and after; the latter is kept for the next change."""
        after = None
        if change.identity is not None:
            try:
                with self._tree.open(change.folder) as parent:
                    after = text_of(parent, change.name, change.identity)
            except OSError:
                after = None
        with self._turn:
            before = self._texts.get(change.folder, change.name, change.before)
            self._texts.forget(change.folder, change.name)
            is_still = change.folder.files.get(change.name) == change.identity
            if after is not None and change.identity is not None and is_still:
                self._texts.keep(change.folder, change.name, change.identity, after)
        return before, after

    def _compared(self, path: str, before: bytes, after: bytes) -> Changes:
        is_time = time.monotonic() < self._until and self._left_characters > 0
        changes = changes_between(path, before, after, compared_lines=MOST_LINES_WITH_DIFF if is_time else 0)
        self._left_characters -= len(changes.diff or "")
        return changes


def _counted(path: str, before: bytes | None, after: bytes | None) -> Changes:
    return dataclasses.replace(changes_between(path, before, after, compared_lines=0), diff=None)
