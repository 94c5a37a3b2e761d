"""The staging area for incoming content: beside the workspaces, on the same file system.

Commands cannot see it and listings do not show it, so its names are known to this server only. What a crash
leaves behind is deleted at the next start.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from roocode_server.engine.workspace.exchange import INTENT, take_back_cut_short
from roocode_server.engine.workspace.file_access import FOLDER_ITSELF_FLAGS
from roocode_server.engine.workspace.ownership import make_private
from roocode_server.engine.workspace.walk import remove_tree

STAGING: Final = ".staging"
ABANDONED_AFTER_S: Final = 86_400
"""Older content cannot belong to a server that is still running."""


@contextlib.contextmanager
def staged(folder: Path) -> Iterator[int]:
    """Yield the descriptor of a new staging directory for a workspace; deleted afterwards with its
    content.
    """
    with staged_folder(folder) as stage:
        descriptor = os.open(stage, FOLDER_ITSELF_FLAGS)
        try:
            yield descriptor
        finally:
            os.close(descriptor)


def open_staging(folder: Path) -> int:
    """Open the directory that holds all staging directories of a workspace's parent."""
    return os.open(staging_of(folder), FOLDER_ITSELF_FLAGS)


@contextlib.contextmanager
def staged_folder(folder: Path) -> Iterator[Path]:
    """As `staged`, but yields the path, for programs that need it."""
    stage = Path(tempfile.mkdtemp(dir=staging_of(folder)))
    try:
        yield stage
    finally:
        if not (stage / INTENT).exists():  # otherwise it holds content that belongs in the workspace
            remove_tree(stage)


def staging_of(folder: Path) -> Path:
    """Return the directory that holds all staging directories of a workspace's parent; made if missing."""
    above = folder.parent / STAGING
    make_private(above)
    return above


def remove_abandoned(folder: Path) -> None:
    """Undo interrupted exchanges in the workspaces of `folder`, and delete abandoned staging directories."""
    take_back_cut_short(folder / STAGING)
    oldest = time.time() - ABANDONED_AFTER_S
    with contextlib.suppress(FileNotFoundError):
        for stage in (folder / STAGING).iterdir():
            if stage.lstat().st_mtime >= oldest:
                continue
            if stage.is_dir():
                remove_tree(stage)
            else:
                stage.unlink()
