"""Copying of files and directories of a workspace into a staging directory."""

from __future__ import annotations

import os
import posixpath
import stat
from typing import Final

from roocode_server.engine.workspace.file_access import (
    FILE_PIECE_BYTES,
    FOLDER_FLAGS,
    FOLDER_ITSELF_FLAGS,
    NEW_FILE_FLAGS,
    SOURCE_FLAGS,
)
from roocode_server.engine.workspace.listing import shown
from roocode_server.engine.workspace.moving import named
from roocode_server.engine.workspace.openat2 import open_beneath
from roocode_server.engine.workspace.scanning import opened
from roocode_server.engine.workspace.walk import walk
from roocode_server.models.error import Conflict, WorkspaceLimitExceeded

MOST_COPIED_ENTRIES: Final = 200_000
"""The most files, links and directories that can be added at once."""

COPY: Final = "copy"
"""The name of the copy in the staging directory."""


class CopyBudget:
    """Counts what is added to a workspace against its limits."""

    def __init__(self, room_bytes: int) -> None:
        self.taken_bytes = 0
        self._most_bytes = room_bytes
        self._entries = MOST_COPIED_ENTRIES

    def take_bytes(self, count: int) -> None:
        """Count bytes. Raises: WorkspaceLimitExceeded, if there is no room for them."""
        self.taken_bytes += count
        if self.taken_bytes > self._most_bytes:
            raise WorkspaceLimitExceeded("There is no space for this in the workspace; delete files first")

    def take_entry(self) -> None:
        """Count an entry. Raises: WorkspaceLimitExceeded, if there are more than `MOST_COPIED_ENTRIES`."""
        self._entries -= 1
        if self._entries < 0:
            raise WorkspaceLimitExceeded(
                f"More than {MOST_COPIED_ENTRIES} files and directories at once",
                maxEntries=MOST_COPIED_ENTRIES,
            )


def duplicate(root: int, path: str, stage: int, *, room_bytes: int) -> int:
    """Copy what is at a path into the open directory `stage` as `COPY`; returns its size in bytes.

    Raises: Conflict, if it contains anything other than files, links and directories; WorkspaceLimitExceeded;
    OSError.
    """
    room = CopyBudget(room_bytes)
    folder, name = named(path)
    with opened(open_beneath(root, folder, FOLDER_FLAGS)) as parent:
        mode = os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode
        if not stat.S_ISDIR(mode):
            _copy(parent, name, mode, stage, COPY, room)
            return room.taken_bytes
        with opened(os.open(name, FOLDER_ITSELF_FLAGS, dir_fd=parent)) as source:
            _copy_tree(source, stage, room)
        os.chmod(COPY, stat.S_IMODE(mode) & 0o777, dir_fd=stage)
    return room.taken_bytes


def _copy_tree(source: int, stage: int, room: CopyBudget) -> None:
    os.mkdir(COPY, 0o700, dir_fd=stage)
    for entry in walk(source):
        with opened(open_beneath(stage, posixpath.join(COPY, *entry.folders), FOLDER_FLAGS)) as parent:
            if entry.is_left:
                os.chmod(entry.name, stat.S_IMODE(entry.facts.st_mode) & 0o777, dir_fd=parent)
                continue
            room.take_entry()
            _copy(entry.parent, entry.name, entry.facts.st_mode, parent, entry.name, room)


def _copy(source: int, name: str, mode: int, parent: int, copy: str, room: CopyBudget) -> None:
    if stat.S_ISDIR(mode):
        os.mkdir(copy, 0o700, dir_fd=parent)
    elif stat.S_ISLNK(mode):
        os.symlink(os.readlink(name, dir_fd=source), copy, dir_fd=parent)
    elif stat.S_ISREG(mode):
        with opened(os.open(name, SOURCE_FLAGS, dir_fd=source)) as descriptor:
            _copy_content(descriptor, parent, copy, room)
    else:
        raise Conflict("This is neither a file, a link nor a directory", path=shown(name))


def _copy_content(source: int, parent: int, copy: str, room: CopyBudget) -> None:
    facts = os.fstat(source)
    room.take_bytes(facts.st_size)
    mode = stat.S_IMODE(facts.st_mode) & 0o777
    with opened(os.open(copy, NEW_FILE_FLAGS, mode | 0o200, dir_fd=parent)) as descriptor:
        left = facts.st_size
        with open(descriptor, "wb", closefd=False) as file:
            while left > 0 and (piece := os.read(source, min(FILE_PIECE_BYTES, left))):
                left -= len(piece)
                file.write(piece)
        os.fchmod(descriptor, mode)
