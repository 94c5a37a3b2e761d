"""Files that only the server's own user may read."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path
from typing import Final

SECRET_BYTES: Final = 32


class SecretDamaged(OSError):
    """The file holds no signing secret; without it everybody has to log in again."""


def signing_secret(path: Path) -> bytes:
    """The secret that signs access tokens: 256 random bits, made at the first call.

    Of several processes that start at once one makes it and all have it. Raises: SecretDamaged, OSError.
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
    """Write or replace a file of mode 0600; a crash leaves the old file or the new one, whole."""
    draft = _draft(path, text)
    draft.replace(path)
    _sync_folder(path.parent)


def _create(path: Path, text: str) -> None:
    """As `write_private`, for a file that is not there. Raises: FileExistsError."""
    draft = _draft(path, text)
    try:
        path.hardlink_to(draft)
    finally:
        draft.unlink()
    _sync_folder(path.parent)


def _draft(path: Path, text: str) -> Path:
    """A new file beside `path` with the text, on disk."""
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
