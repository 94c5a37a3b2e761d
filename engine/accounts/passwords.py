"""Password hashing with Argon2id, in a thread. Source: RFC 9106."""

from __future__ import annotations

import asyncio
import functools
import secrets
import unicodedata
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

MOST_HASHES_AT_ONCE: Final = 2
_BRIEF: Final = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


class Passwords:
    """Hashes and verifies passwords, at most `MOST_HASHES_AT_ONCE` at a time: each takes 64 MiB and one
    core.
    """

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._turn = asyncio.Semaphore(MOST_HASHES_AT_ONCE)

    async def hash(self, password: str) -> str:
        """Return the hash to store, which includes its parameters and salt."""
        async with self._turn:
            return await asyncio.to_thread(self._hasher.hash, _canonical(password))

    def hash_secret(self, secret: str) -> str:
        """Return the hash of a password that is as random as a key.

        Nobody finds such a password by trying, so it needs no cost; the first login replaces the hash by one
        with the usual parameters, as it does with any other.
        """
        return _BRIEF.hash(_canonical(secret))

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """Return whether the password matches the hash.

        With None (an unknown user, or one without a password) it takes just as long, so that timing does not
        reveal which accounts exist. Raises: InvalidHashError, if the stored text is not a hash.
        """
        async with self._turn:
            return await asyncio.to_thread(self._verify, password_hash, password)

    def is_outdated(self, password_hash: str) -> bool:
        """Whether the hash was made with other parameters than the current ones."""
        return self._hasher.check_needs_rehash(password_hash)

    def _verify(self, password_hash: str | None, password: str) -> bool:
        decoy = self._decoy  # created on the first verification, whether or not the user exists
        try:
            return self._hasher.verify(password_hash or decoy, _canonical(password)) and bool(password_hash)
        except VerifyMismatchError:
            return False

    @functools.cached_property
    def _decoy(self) -> str:
        """The hash of a random password that is not kept."""
        return self._hasher.hash(secrets.token_bytes(32))


def _canonical(password: str) -> bytes:
    """Normalise the password, so that the same characters give the same bytes on every keyboard.

    Source: NIST SP 800-63B.
    """
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")
