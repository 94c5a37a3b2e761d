"""Passwords: hashed with Argon2id in threads. Source: RFC 9106."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import os
import threading
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, ParamSpec, TypeVar

from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import VerifyMismatchError

from roocode_server.models.error import ServerOverload

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

LEAST_KIB_OF_A_LANE: Final = 8
"""Argon2 works with no less. Source: RFC 9106, 3.1."""
MOST_HASHES_AT_ONCE: Final = 2
STRANGERS_AT_ONCE: Final = 1
STRANGERS_NICENESS: Final = 15
"""The niceness of threads that check passwords of unknown callers (`man 7 sched`)."""

MOST_WAITING: Final = 64
"""The most passwords of unknown callers that wait to be checked."""
USUAL_HASHER: Final = PasswordHasher()
"""With 64 MiB, three passes and four lanes. Source: RFC 9106, 4, the second recommended option."""
_BRIEF: Final = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


class Passwords:
    """Creates and checks hashes, a few at a time: each takes 64 MiB and keeps a core busy.

    Callers from places from which the account has not logged in share one thread of low priority: however
    many of them guess, users at known places log in as on an idle server.
    """

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or USUAL_HASHER
        self._usual = ThreadPoolExecutor(MOST_HASHES_AT_ONCE, "passwords")
        self._strangers = ThreadPoolExecutor(STRANGERS_AT_ONCE, "strangers", initializer=_stand_back)
        self._waiting = 0

    async def hash(self, password: str) -> str:
        """Return the hash to store, with its parameters and salt."""
        return await _run(self._usual, self._hasher.hash, _canonical(password))

    def hash_secret(self, secret: str) -> str:
        """Return the hash of a password that is as random as a key.

        Such a password cannot be guessed, so the hash need not be expensive; as with any outdated hash, the
        first login replaces it by one with the usual parameters.
        """
        return _BRIEF.hash(_canonical(secret))

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """Return whether the password matches the hash.

        A wrong one takes as long as any other: with None (an unknown user, or one without a password), and
        with a hash that cost less than is usual. So timing does not reveal which accounts exist.
        Raises: InvalidHashError, if the stored text is not a hash.
        """
        return await _run(self._usual, self._verify, password_hash, password)

    async def verify_for_stranger(self, password_hash: str | None, password: str) -> bool:
        """As `verify`, for a caller from a place that is not known.

        Raises: ServerOverload, if too many of them wait; InvalidHashError.
        """
        if self._waiting >= MOST_WAITING:
            raise ServerOverload("Too many logins are in progress; try again later")
        self._waiting += 1
        try:
            return await _run(self._strangers, self._verify, password_hash, password)
        finally:
            self._waiting -= 1

    def is_outdated(self, password_hash: str) -> bool:
        """Whether the hash was made with other parameters than the current ones."""
        return self._hasher.check_needs_rehash(password_hash)

    def _verify(self, password_hash: str | None, password: str) -> bool:
        canonical = _canonical(password)
        if password_hash is not None:
            with contextlib.suppress(VerifyMismatchError):
                return self._hasher.verify(password_hash, canonical)
        self._make_up(password_hash, canonical)
        return False

    def _make_up(self, password_hash: str | None, password: bytes) -> None:
        """Do the work that checking this hash has cost less than checking a usual one."""
        usual = self._hasher
        missing = usual.time_cost * usual.memory_cost
        if password_hash is not None:
            spent = extract_parameters(password_hash)
            missing -= spent.time_cost * spent.memory_cost
        missing_kib = missing // usual.time_cost
        if missing_kib >= LEAST_KIB_OF_A_LANE * usual.parallelism:
            rest = PasswordHasher(
                time_cost=usual.time_cost, memory_cost=missing_kib, parallelism=usual.parallelism
            )
            rest.hash(password)


async def _run(
    threads: ThreadPoolExecutor,
    work: Callable[Arguments, Result],
    *arguments: Arguments.args,
    **named: Arguments.kwargs,
) -> Result:
    call = functools.partial(work, *arguments, **named)
    return await asyncio.get_running_loop().run_in_executor(threads, call)


def _stand_back() -> None:
    """Lower the priority of this thread, which the threads that Argon2 starts from it inherit."""
    thread = threading.get_native_id()
    os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + STRANGERS_NICENESS)


def _canonical(password: str) -> bytes:
    """Normalise the password, so that the same characters give the same bytes on every keyboard.

    Source: NIST SP 800-63B.
    """
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")
