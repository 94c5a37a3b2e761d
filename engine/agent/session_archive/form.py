"""The form of an archive of a session: a compressed tar with the session's rows, checkpoints and files.

`manifest.json` is the first member; `rows/<table>.jsonl` have a row in each line, `checkpoints.bundle` is a
git bundle, `files/…` is the workspace. The last member, `complete.json`, has a checksum over all before it,
so that an archive that was cut short or damaged is told from a whole one.
"""

from __future__ import annotations

import hashlib
from dataclasses import field
from typing import Any, Final

from roocode_server.models.identifier import SessionId, UserId
from roocode_server.models.shape import Shape, value

SESSION_ARCHIVE_FORMAT: Final = 1
"""Counts up when older servers cannot read an archive any more."""
MANIFEST_MEMBER: Final = "manifest.json"
ROWS_MEMBERS: Final = "rows/"
LINES: Final = ".jsonl"
CHECKPOINTS_MEMBER: Final = "checkpoints.bundle"
FILES_MEMBERS: Final = "files/"
COMPLETE_MEMBER: Final = "complete.json"
INODE_HEADER: Final = "ROOCODE.inode"
"""The pax header with the inode of a file, by which snapshots know it."""


@value
class SessionManifest(Shape):
    """What an archive is of; `taskNames` are the ids of tasks by those that the checkpoints' commits name."""

    format: int
    server_version: str
    exported_at: str
    session_id: SessionId
    user_id: UserId
    name: str
    config: dict[str, Any] = field(default_factory=dict)
    task_names: dict[str, str] = field(default_factory=dict)


class MemberDigest:
    """The checksum over members, by name, kind, size, target and content, in their order."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()

    def add(self, name: str, kind: bytes, size: int, target: str) -> None:
        """Take the next member into account, before its content."""
        facts = "\0".join((name, kind.decode("ascii", "replace"), str(size), target))
        self._hash.update(facts.encode(errors="surrogateescape") + b"\n")

    def update(self, piece: bytes) -> None:
        """Take a piece of its content into account."""
        self._hash.update(piece)

    @property
    def checksum(self) -> str:
        """The checksum so far."""
        return self._hash.hexdigest()
