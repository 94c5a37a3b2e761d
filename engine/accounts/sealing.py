"""Encryption of stored texts, so that the database alone does not reveal them. Source: RFC 5869; Fernet."""

from __future__ import annotations

import base64
from typing import Final

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES: Final = 32


class SealBroken(Exception):
    """The text was encrypted with another secret or for another purpose, or has been changed since."""


class Sealer:
    """Encrypts and authenticates texts for one purpose, with a key derived from the server's secret."""

    def __init__(self, secret: bytes, purpose: str) -> None:
        derived = HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=purpose.encode()).derive(secret)
        self._fernet = Fernet(base64.urlsafe_b64encode(derived))

    def close(self, text: str, owner: str) -> str:
        """Encrypt a text. Only the same `owner` can decrypt it, so that rows cannot be swapped."""
        return self._fernet.encrypt(f"{owner}\n{text}".encode()).decode()

    def open(self, sealed: str, owner: str) -> str:
        """Decrypt a text that was encrypted for `owner`. Raises: SealBroken."""
        try:
            found, _, text = self._fernet.decrypt(sealed).decode().partition("\n")
        except InvalidToken:
            raise SealBroken from None
        if found != owner:
            raise SealBroken
        return text
