"""Entity tags of files, and callers' conditions on them. Source: RFC 9110, 8.8.3 and 13.1.

The tag of a file up to `files.max_file_bytes` is the SHA-256 of its content: times are not sufficient,
because two writes may have the same timestamp and inode numbers are reused. Larger files, which only raw
transfers can access, have a tag made of inode, times and size, because hashing would read the whole file
first.
"""

from __future__ import annotations

import hashlib
import os
from typing import Final

from roocode_server.engine.workspace.file_access import FILE_PIECE_BYTES
from roocode_server.models.error import Conflict

ANY_ETAG: Final = "*"


def tag_of_content(content: bytes) -> str:
    """Return the tag of a file with this content, if it is not larger than `files.max_file_bytes`."""
    return hashlib.sha256(content).hexdigest()


def tag_of(descriptor: int, facts: os.stat_result, *, max_bytes: int) -> str:
    """Return the tag of an open regular file; its position does not change."""
    if facts.st_size > max_bytes:
        return f"{facts.st_ino:x}-{facts.st_mtime_ns:x}-{facts.st_ctime_ns:x}-{facts.st_size:x}"
    digest = hashlib.sha256()
    offset = 0
    while piece := os.pread(descriptor, FILE_PIECE_BYTES, offset):
        digest.update(piece)
        offset += len(piece)
    return digest.hexdigest()


def names(condition: str, tag: str) -> bool:
    """Return whether a condition (a tag with or without quotes, several separated by commas, or `*`) matches.

    Weak tags (`W/"…"`) never match, because the comparison is strong.
    """
    wanted = [each.strip() for each in condition.split(",")]
    return ANY_ETAG in wanted or tag in [each.strip('"') for each in wanted]


def check(condition: str | None, tag: str, path: str) -> None:
    """Raises: Conflict, with the present `etag`, if there is a condition that does not match."""
    if condition is not None and not names(condition, tag):
        raise Conflict("The file has changed; read it again and decide again", path=path, etag=tag)
