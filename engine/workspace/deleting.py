"""Deleting a whole directory: it leaves the workspace in one step, and is taken apart in the staging area.

Nobody sees half of it, whatever fails or is killed in between. What a server leaves that dies meanwhile is
deleted by a later start (`remove_abandoned`).
"""

from __future__ import annotations

import os
import posixpath
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from roocode_server.engine.workspace.file_access import FOLDER_FLAGS, FOLDER_ITSELF_FLAGS
from roocode_server.engine.workspace.openat2 import open_beneath
from roocode_server.engine.workspace.renaming import rename_new
from roocode_server.engine.workspace.scanning import opened
from roocode_server.engine.workspace.staging import staging_of
from roocode_server.engine.workspace.walk import remove_tree

_NAME: Final = "deleted"


@dataclass(frozen=True, slots=True)
class Deleted:
    """A directory that has left its `path`, in a staging directory of its own."""

    path: str
    stage: Path

    def put_back(self, root: int) -> None:
        """Put it back to its path, whose workspace is open as `root`.

        Raises: OSError, with EEXIST if something is there by now.
        """
        folder, name = posixpath.split(self.path)
        with (
            opened(open_beneath(root, folder, FOLDER_FLAGS)) as parent,
            opened(os.open(self.stage, FOLDER_ITSELF_FLAGS)) as stage,
        ):
            rename_new(_NAME, name, source=stage, parent=parent)

    def remove(self) -> None:
        """Delete what has not been put back, with everything in it; links are not followed."""
        remove_tree(self.stage)


def take_away(workspace: Path, root: int, path: str) -> Deleted:
    """Move a directory of the workspace, which is open as `root`, to the staging area. Raises: OSError."""
    folder, name = posixpath.split(path)
    with opened(open_beneath(root, folder, FOLDER_FLAGS)) as parent:
        deleted = Deleted(path, Path(tempfile.mkdtemp(dir=staging_of(workspace))))
        try:
            with opened(os.open(deleted.stage, FOLDER_ITSELF_FLAGS)) as stage:
                rename_new(name, _NAME, source=parent, parent=stage)
        except BaseException:
            deleted.remove()
            raise
    return deleted
