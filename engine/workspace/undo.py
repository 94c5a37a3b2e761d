"""Undoing changes of a workspace whose event could not be stored: each change keeps what it replaces.

Replaced or deleted files are kept as hard links in the staging area until the event is stored. They are put
back only if what replaced them is still unchanged.
"""

from __future__ import annotations

import os
import posixpath
import secrets
import stat
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from roocode_server.engine.workspace.deleting import Deleted
from roocode_server.engine.workspace.exchange import take_back
from roocode_server.engine.workspace.file_access import FOLDER_FLAGS, PLACE_FLAGS
from roocode_server.engine.workspace.listing import shown
from roocode_server.engine.workspace.openat2 import open_beneath
from roocode_server.engine.workspace.ownership import give
from roocode_server.engine.workspace.renaming import rename_new
from roocode_server.engine.workspace.scanning import opened
from roocode_server.engine.workspace.staging import open_staging, staged
from roocode_server.engine.workspace.writing import standing_at
from roocode_server.models.error import Conflict

Identity = tuple[int, ...]
"""Identifies a version of a file, or a directory."""


@dataclass(slots=True)
class Kept:
    """What was at a path before a change; `missing` are the directories above it that did not exist."""

    path: str
    missing: list[str]
    standing: os.stat_result | None = None
    aside: str | None = None
    now: Identity | None = field(default=None)


class Undo:
    """The changes of one workspace since this was created; its methods are called with the lock held.

    After `close`, nothing can be undone.
    """

    def __init__(self, folder: Path) -> None:
        self.paths: list[str] = []
        """The paths that were changed."""
        self._folder = folder
        self._steps: list[Callable[[int], None]] = []
        self._closing = ExitStack()
        self._stage: int | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing has been changed."""
        return not self._steps

    def keep(self, root: int, path: str) -> Kept:
        """Keep what is at a path before it is changed; links are not followed. Raises: OSError."""
        folder, name = posixpath.split(path)
        kept = Kept(path, _missing(root, folder))
        if not kept.missing:
            with opened(open_beneath(root, folder, FOLDER_FLAGS)) as parent:
                kept.standing = standing_at(parent, name)
                if kept.standing is not None and not stat.S_ISDIR(kept.standing.st_mode):
                    kept.aside = self._link(parent, name)
        return kept

    def changed(self, root: int, kept: Kept) -> None:
        """Record that the path of `kept` was replaced, deleted or created."""
        kept.now = _identity(root, kept.path)
        self._steps.append(partial(self._put_back, kept))
        self.paths.append(kept.path)

    def moved(self, root: int, kept: Kept, path: str) -> None:
        """Record that what was at `path` was moved to the path of `kept`."""
        self._steps.append(partial(self._put_back, kept))
        self._steps.append(partial(_move_back, path, kept.path, _identity(root, kept.path)))
        self.paths += [kept.path, path]

    def deleted(self, deleted: Deleted) -> None:
        """Record that a directory was taken away with everything in it."""
        self._steps.append(deleted.put_back)
        self.paths.append(deleted.path)

    def exchanged(self, stage: int, name: str, coming: list[str]) -> None:
        """Record that the workspace's content was exchanged for that of an open staging directory."""
        stage = os.dup(stage)
        self._closing.callback(os.close, stage)
        self._steps.append(lambda root: take_back(root, stage, name, coming))
        self.paths.append("")

    def hold(self, close: Callable[[], object]) -> None:
        """Call this function when undoing is no longer possible."""
        self._closing.callback(close)

    def run(self, root: int) -> None:
        """Undo all changes, the last one first. Raises: Conflict, if something was changed again; OSError."""
        while self._steps:
            self._steps.pop()(root)

    def close(self) -> None:
        """Release what was kept."""
        self._closing.close()

    def _link(self, parent: int, name: str) -> str:
        stage = self._opened_stage()
        aside = secrets.token_hex(16)
        os.link(name, aside, src_dir_fd=parent, dst_dir_fd=stage, follow_symlinks=False)
        self._closing.callback(_unlink, stage, aside)
        return aside

    def _opened_stage(self) -> int:
        if self._stage is None:
            self._stage = open_staging(self._folder)
            self._closing.callback(os.close, self._stage)
        return self._stage

    def _put_back(self, kept: Kept, root: int) -> None:
        folder, name = posixpath.split(kept.path)
        if _identity(root, kept.path) != kept.now:
            raise Conflict("It has been changed again in the meantime", path=shown(kept.path))
        with suppress(FileNotFoundError), opened(open_beneath(root, folder, FOLDER_FLAGS)) as parent:
            if kept.now is not None:
                with staged(self._folder) as gone:
                    os.rename(name, "undone", src_dir_fd=parent, dst_dir_fd=gone)
            if kept.aside is not None:
                rename_new(kept.aside, name, source=self._opened_stage(), parent=parent)
            elif kept.standing is not None:
                _make_again(root, parent, name, kept)
        for made in reversed(kept.missing):
            _remove_made(root, made)


def _missing(root: int, folder: str) -> list[str]:
    """Return the directories of a path that do not exist, outermost first."""
    parts = folder.split("/") if folder else []
    for count in range(len(parts), 0, -1):
        with suppress(OSError), opened(open_beneath(root, "/".join(parts[:count]), os.O_PATH)):
            return ["/".join(parts[:more]) for more in range(count + 1, len(parts) + 1)]
    return ["/".join(parts[:more]) for more in range(1, len(parts) + 1)]


def _identity(root: int, path: str) -> Identity | None:
    folder, name = posixpath.split(path)
    try:
        with opened(open_beneath(root, folder, PLACE_FLAGS)) as parent:
            facts = standing_at(parent, name)
    except FileNotFoundError:
        return None
    if facts is None:
        return None
    if stat.S_ISDIR(facts.st_mode):
        return (facts.st_dev, facts.st_ino)
    return (facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns)


def _move_back(path: str, to: str, moved: Identity | None, root: int) -> None:
    if _identity(root, to) != moved:
        raise Conflict("It has been changed again in the meantime", path=shown(to))
    (folder, name), (to_folder, to_name) = posixpath.split(path), posixpath.split(to)
    with (
        opened(open_beneath(root, to_folder, FOLDER_FLAGS)) as source,
        opened(open_beneath(root, folder, FOLDER_FLAGS)) as parent,
    ):
        rename_new(to_name, name, source=source, parent=parent)


def _make_again(root: int, parent: int, name: str, kept: Kept) -> None:
    """Recreate an empty directory that was deleted."""
    assert kept.standing is not None  # noqa: S101 - the caller has looked
    os.mkdir(name, 0o700, dir_fd=parent)
    with opened(open_beneath(root, kept.path, FOLDER_FLAGS)) as made:
        os.fchmod(made, stat.S_IMODE(kept.standing.st_mode) & 0o777)
        give(made, root)


def _remove_made(root: int, path: str) -> None:
    """Delete a directory that was created on the way, unless it has content by now."""
    folder, name = posixpath.split(path)
    with suppress(OSError), opened(open_beneath(root, folder, FOLDER_FLAGS)) as parent:
        os.rmdir(name, dir_fd=parent)


def _unlink(stage: int, name: str) -> None:
    with suppress(FileNotFoundError):
        os.unlink(name, dir_fd=stage)
