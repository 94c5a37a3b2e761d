"""Passwords: hashed with Argon2id in a thread. Source: RFC 9106."""

from __future__ import annotations

import asyncio
import functools
import secrets
import unicodedata
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

AT_ONCE: Final = 2


class Passwords:
    """Makes and checks hashes, `AT_ONCE` of them at a time: each takes 64 MiB and keeps a core busy."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._turn = asyncio.Semaphore(AT_ONCE)

    async def hash(self, password: str) -> str:
        """The hash to store, with its parameters and salt."""
        async with self._turn:
            return await asyncio.to_thread(self._hasher.hash, _canonical(password))

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """Whether the password is the one.

        It takes as long for None (no such user, or one without a password), so that the time tells nobody
        who has an account. Raises: InvalidHashError, if what is stored is no hash.
        """
        async with self._turn:
            return await asyncio.to_thread(self._verify, password_hash, password)

    def is_outdated(self, password_hash: str) -> bool:
        """Whether the hash was made with parameters other than today's."""
        return self._hasher.check_needs_rehash(password_hash)

    def _verify(self, password_hash: str | None, password: str) -> bool:
        decoy = self._decoy  # made by the first check, whomever it is for
        try:
            return self._hasher.verify(password_hash or decoy, _canonical(password)) and bool(password_hash)
        except VerifyMismatchError:
            return False

    @functools.cached_property
    def _decoy(self) -> str:
        """The hash of a password that nobody knows."""
        return self._hasher.hash(secrets.token_bytes(32))


def _canonical(password: str) -> bytes:
    """The same bytes for the same characters, however a keyboard composes them. Source: NIST SP 800-63B."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")
