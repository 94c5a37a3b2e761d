"""Random secrets that are stored as digests alone.

They have 256 random bits, so a fast hash without salt is enough: there is nothing to guess.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import Final

RANDOM_BYTES: Final = 32


def new_secret(prefix: str = "") -> str:
    """`prefix` and 43 characters of base64url."""
    return prefix + secrets.token_urlsafe(RANDOM_BYTES)


def digest_of(secret: str) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
