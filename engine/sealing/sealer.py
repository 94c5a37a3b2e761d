"""Encryption of stored texts, so that the database alone does not reveal them. Source: RFC 5869; Fernet."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Final

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

SEALING_KEY_BYTES: Final = 32


class SealBroken(Exception):
    """The text was sealed by another key or for another purpose, or has been changed since."""


class Sealer:
    """Encrypts and authenticates texts for one purpose, with a key derived from the server's sealing key.

    `keys` are the sealing keys, the present one first: it seals; each of them opens.
    """

    def __init__(self, keys: Sequence[bytes], purpose: str) -> None:
        derived = [_derived(key, purpose) for key in keys]
        self._present = derived[0]
        self._all = MultiFernet(derived)

    def close(self, text: str, owner: str) -> str:
        """Encrypt a text. Only the same `owner` can decrypt it, so that rows cannot be swapped."""
        return self._present.encrypt(f"{owner}\n{text}".encode()).decode()

    def open(self, sealed: str, owner: str) -> str:
        """Decrypt a text that was encrypted for `owner`. Raises: SealBroken."""
        return _opened(self._all, sealed, owner)

    def is_present(self, sealed: str) -> bool:
        """Whether the present key sealed it."""
        try:
            self._present.decrypt(sealed)
        except InvalidToken:
            return False
        return True


def _derived(key: bytes, purpose: str) -> Fernet:
    derived = HKDF(algorithm=SHA256(), length=SEALING_KEY_BYTES, salt=None, info=purpose.encode()).derive(key)
    return Fernet(base64.urlsafe_b64encode(derived))


def _opened(keys: MultiFernet, sealed: str, owner: str) -> str:
    try:
        found, _, text = keys.decrypt(sealed).decode().partition("\n")
    except InvalidToken:
        raise SealBroken from None
    if found != owner:
        raise SealBroken
    return text
