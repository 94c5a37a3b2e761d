"""Random secrets, of which only digests are stored.

They have 256 random bits, so a fast hash without salt is enough: a dictionary attack has nothing to guess.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import Final

RANDOM_BYTES: Final = 32


def new_secret(prefix: str = "") -> str:
    """Return `prefix` followed by 43 random characters of base64url."""
    return prefix + secrets.token_urlsafe(RANDOM_BYTES)


def digest_of(secret: str) -> str:
    """Return the SHA-256 digest of a secret, in hexadecimal."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
