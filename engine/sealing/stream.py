"""Encryption of a stream by a passphrase: cut short, reordered or changed, it does not open.

The key is derived from the passphrase by scrypt. The text is sealed in chunks by ChaCha20-Poly1305, each with
its number as nonce and the last one marked as such. Source: RFC 7914; RFC 8439; Hoang, Reyhanitabar, Rogaway
and Vizár, "Online Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance" (STREAM).
"""

from __future__ import annotations

import io
import secrets
from typing import IO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from roocode_server.engine.sealing.sealer import SEALING_KEY_BYTES, SealBroken

SEALED_STREAM_MARK: Final = b"roocode sealed 1\n"
"""The first bytes of every sealed stream."""
SEALED_CHUNK_BYTES: Final = 65_536
_SALT_BYTES: Final = 16
_TAG_BYTES: Final = 16
_NUMBER_BYTES: Final = 11
_SCRYPT_COST: Final = 2**16  # with r = 8, 64 MiB of memory
_MORE, _LAST = b"\0", b"\1"


class SealingWriter(io.RawIOBase):
    """Seals what is written; `close` writes the last chunk and leaves the file underneath open."""

    def __init__(self, out: IO[bytes], passphrase: str) -> None:
        salt = secrets.token_bytes(_SALT_BYTES)
        self._head = SEALED_STREAM_MARK + salt
        self._cipher = _cipher(passphrase, salt)
        self._out = out
        self._rest = bytearray()
        self._number = 0
        out.write(self._head)

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, content: bytes | bytearray | memoryview) -> int:  # type: ignore[override]
        """Seal it, as soon as there is more than a chunk."""
        self._rest += content
        while len(self._rest) > SEALED_CHUNK_BYTES:
            self._seal(bytes(self._rest[:SEALED_CHUNK_BYTES]), _MORE)
            del self._rest[:SEALED_CHUNK_BYTES]
        return len(content)

    def close(self) -> None:
        """Seal the last chunk."""
        if not self.closed:
            self._seal(bytes(self._rest), _LAST)
        super().close()

    def _seal(self, chunk: bytes, end: bytes) -> None:
        self._out.write(self._cipher.encrypt(_nonce(self._number, end), chunk, self._head))
        self._number += 1


class SealedReader(io.RawIOBase):
    """Opens a sealed stream. Reading raises SealBroken, if it is not whole or the passphrase is another."""

    def __init__(self, source: IO[bytes], passphrase: str) -> None:
        """Raises: SealBroken, if it does not begin as a sealed stream does."""
        self._head = source.read(len(SEALED_STREAM_MARK) + _SALT_BYTES)
        if (
            not self._head.startswith(SEALED_STREAM_MARK)
            or len(self._head) < len(SEALED_STREAM_MARK) + _SALT_BYTES
        ):
            raise SealBroken
        self._cipher = _cipher(passphrase, self._head[len(SEALED_STREAM_MARK) :])
        self._source = source
        self._sealed = source.read(SEALED_CHUNK_BYTES + _TAG_BYTES)
        self._opened = b""
        self._number = 0
        self._is_over = False

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Return how many bytes were read; 0 at the end. Raises: SealBroken."""
        while not self._opened and not self._is_over:
            self._opened = self._next()
        count = min(len(buffer), len(self._opened))
        buffer[:count] = self._opened[:count]
        self._opened = self._opened[count:]
        return count

    def _next(self) -> bytes:
        following = self._source.read(SEALED_CHUNK_BYTES + _TAG_BYTES)
        self._is_over = not following
        nonce = _nonce(self._number, _LAST if self._is_over else _MORE)
        try:
            opened = self._cipher.decrypt(nonce, self._sealed, self._head)
        except InvalidTag:
            raise SealBroken from None
        self._sealed = following
        self._number += 1
        return opened


def _cipher(passphrase: str, salt: bytes) -> ChaCha20Poly1305:
    derived = Scrypt(salt=salt, length=SEALING_KEY_BYTES, n=_SCRYPT_COST, r=8, p=1)
    return ChaCha20Poly1305(derived.derive(passphrase.encode()))


def _nonce(number: int, end: bytes) -> bytes:
    return number.to_bytes(_NUMBER_BYTES, "big") + end
