"""The form of a backup: a compressed tar archive, in which every file has its checksum.

The first member, `backup.json`, says what made it; the last, `complete.json`, how many members there are and
a checksum over all of them, so that an archive that was cut short is told from a whole one. The whole may be
sealed by a passphrase (`engine/sealing/stream.py`).
"""

from __future__ import annotations

import hashlib
import tarfile
from typing import Final

from roocode_server.engine.accounts.accounts import ADMIN_FILE, SECRET_FILE
from roocode_server.engine.runtimes.choose import WORKSPACES
from roocode_server.engine.sealing.keys import SEALING_FILE
from roocode_server.models.shape import Shape, value

BACKUP_FORMAT: Final = 1
HEADER: Final = "backup.json"
COMPLETE: Final = "complete.json"
CHECKSUM: Final = "ROOCODE.sha256"
"""The pax header of a member that has the hexadecimal SHA-256 of its content."""
SAVED_FOLDERS: Final = (WORKSPACES, "checkpoints", "mcp", "logs")
SAVED_FILES: Final = (ADMIN_FILE, SECRET_FILE, SEALING_FILE)
"""What is saved beside the database. Not saved is what belongs to this very server: its lock, and the id by
which it finds its containers, which would be those of two servers if one was restored beside the other.
"""


@value
class BackupHeader(Shape):
    """What a backup is of. `format` counts up when older servers cannot read it any more."""

    format: int
    server_version: str
    schema_version: str
    created_at: str


@value
class BackupTotal(Shape):
    """How many members an archive has between its first and its last, and the checksum over them."""

    members: int
    checksum: str


class BackupUnusable(Exception):
    """A backup cannot be made, or is none, or is damaged; the message says which and what to do."""


class MemberChain:
    """The checksum over members, by name, kind, mode, size, target and content, in their order."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self._members = 0

    def add(self, member: tarfile.TarInfo) -> None:
        """Take the next member into account."""
        facts = (
            member.name,
            member.type.decode("ascii"),
            str(member.mode),
            str(member.size),
            member.linkname,
            member.pax_headers.get(CHECKSUM, ""),
        )
        self._hash.update("\0".join(facts).encode(errors="surrogateescape") + b"\n")
        self._members += 1

    def total(self) -> BackupTotal:
        """The sum so far."""
        return BackupTotal(members=self._members, checksum=self._hash.hexdigest())
