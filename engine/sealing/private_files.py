"""Files that only the server's own user may read."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def write_private(path: Path, text: str) -> None:
    """Write or replace a file with mode 0600, atomically: after a crash there is the old file or the new
    one.
    """
    draft = _draft(path, text)
    draft.replace(path)
    _sync_folder(path.parent)


def create_private(path: Path, text: str) -> None:
    """As `write_private`, but for a new file. Raises: FileExistsError."""
    draft = _draft(path, text)
    try:
        path.hardlink_to(draft)
    finally:
        draft.unlink()
    _sync_folder(path.parent)


def _draft(path: Path, text: str) -> Path:
    """Write the text to a new temporary file beside `path` and sync it to disk."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return draft


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
