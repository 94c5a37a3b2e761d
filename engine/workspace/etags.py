"""Entity tags of files, and the conditions that callers make of them. Source: RFC 9110, 8.8.3 and 13.1.

The tag of a file up to `files.max_file_bytes` is the SHA-256 of its content: times say too little, for two
writes can fall into one tick of the clock and an inode's number is soon given anew. Only raw transfers touch
what is larger; its tag is made of inode, times and size, for hashing would read all of it first.
"""

from __future__ import annotations

import hashlib
import os
from typing import Final

from roocode_server.models.error import Conflict

ANY: Final = "*"
_PIECE_BYTES: Final = 1_048_576


def tag_of_content(content: bytes) -> str:
    """The tag of a file that holds this, and is not too large to be read whole."""
    return hashlib.sha256(content).hexdigest()


def tag_of(descriptor: int, facts: os.stat_result, *, max_bytes: int) -> str:
    """The tag of an open regular file; its position is left where it is."""
    if facts.st_size > max_bytes:
        return f"{facts.st_ino:x}-{facts.st_mtime_ns:x}-{facts.st_ctime_ns:x}-{facts.st_size:x}"
    digest = hashlib.sha256()
    offset = 0
    while piece := os.pread(descriptor, _PIECE_BYTES, offset):
        digest.update(piece)
        offset += len(piece)
    return digest.hexdigest()


def names(condition: str, tag: str) -> bool:
    """Whether a condition (a tag with or without quotes, several with commas, or `*`) names this tag.

    A weak one (`W/"…"`) names none: the comparison is the strong one.
    """
    wanted = [each.strip() for each in condition.split(",")]
    return ANY in wanted or tag in [each.strip('"') for each in wanted]


def check(condition: str | None, tag: str, path: str) -> None:
    """Raises: Conflict, with the `etag` as it is, if there is a condition that does not name it."""
    if condition is not None and not names(condition, tag):
        raise Conflict("The file has changed; read it again and decide again", path=path, etag=tag)
