"""Files that only the server's own user may read."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path
from typing import Final

SECRET_BYTES: Final = 32


class SecretDamaged(OSError):
    """The file does not hold a signing secret. With a new one, every user has to log in again."""


def signing_secret(path: Path) -> bytes:
    """Return the secret that signs access tokens, 256 random bits; the first call creates it.

    If several processes start at once, one of them creates it and all use it. Raises: SecretDamaged, OSError.
    """
    if not path.exists():
        with contextlib.suppress(FileExistsError):
            _create(path, secrets.token_hex(SECRET_BYTES) + "\n")
    try:
        secret = bytes.fromhex(path.read_text("ascii"))
    except ValueError:
        secret = b""
    if len(secret) != SECRET_BYTES:
        raise SecretDamaged(f"{path} holds no secret; restore it, or remove it and have everybody log in")
    return secret


def write_private(path: Path, text: str) -> None:
    """Write or replace a file with mode 0600, atomically: after a crash there is the old file or the new
    one.
    """
    draft = _draft(path, text)
    draft.replace(path)
    _sync_folder(path.parent)


def _create(path: Path, text: str) -> None:
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
