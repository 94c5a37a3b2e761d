"""Where what comes into a workspace stands until it is whole: beside it, on the same file system.

No command sees it there and no listing shows it: its names are this server's alone. What a crash leaves
behind is removed at the next start.
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
from roocode_server.engine.workspace.walk import remove_tree

STAGING: Final = ".staging"
ABANDONED_S: Final = 86_400
"""Nothing is staged for so long by a server that still runs."""


@contextlib.contextmanager
def staged(folder: Path) -> Iterator[int]:
    """The descriptor of a new directory for a workspace's folder; gone after, with what is still in it."""
    with staged_folder(folder) as stage:
        descriptor = os.open(stage, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            yield descriptor
        finally:
            os.close(descriptor)


def open_staging(folder: Path) -> int:
    """A descriptor of the directory where all that is staged for a workspace's folder stands."""
    return os.open(_made(folder), os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)


@contextlib.contextmanager
def staged_folder(folder: Path) -> Iterator[Path]:
    """The new directory itself, for programs that need its path."""
    stage = Path(tempfile.mkdtemp(dir=_made(folder)))
    try:
        yield stage
    finally:
        if not (stage / INTENT).exists():  # or else there is something in it that belongs into the workspace
            remove_tree(stage)


def _made(folder: Path) -> Path:
    above = folder.parent / STAGING
    above.mkdir(mode=0o700, exist_ok=True)
    return above


def remove_abandoned(folder: Path) -> None:
    """Undo what earlier servers left half done in the workspaces of `folder`; remove what is still staged."""
    take_back_cut_short(folder / STAGING)
    oldest = time.time() - ABANDONED_S
    with contextlib.suppress(FileNotFoundError):
        for stage in (folder / STAGING).iterdir():
            if stage.lstat().st_mtime >= oldest:
                continue
            if stage.is_dir():
                remove_tree(stage)
            else:
                stage.unlink()
