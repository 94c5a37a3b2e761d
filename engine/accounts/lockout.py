"""Growing delays for callers who guess passwords. Source: S0, "Authentication Security"."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from roocode_server.engine.accounts.digests import digest_of

FREE_FAILURES: Final = 5
LONGEST_LOCKOUT_S: Final = 900.0
"""The delays for one account from one place."""

FREE_STRANGER_FAILURES: Final = 50
LONGEST_STRANGER_LOCKOUT_S: Final = 60.0
"""The delays for one account from all unknown places together."""

FORGOTTEN_AFTER_S: Final = 3600.0
MOST_REMEMBERED_FAILURES: Final = 100_000

Seconds = Callable[[], float]


@dataclass(slots=True)
class _Failures:
    count: int
    last_at: float


class Backoff:
    """After `free` failures of a key, each further one doubles the time for which it is locked.

    Attempts during that time are not counted: they can neither guess nor prolong it. A key whose last failure
    is an hour ago starts afresh; if there are too many keys, the oldest is forgotten.
    """

    def __init__(self, *, free: int, longest_s: float, clock: Seconds = time.monotonic) -> None:
        self._free = free
        self._longest_s = longest_s
        self._clock = clock
        self._failures: OrderedDict[str, _Failures] = OrderedDict()

    def admits(self, key: str) -> bool:
        """Whether the key may make another attempt now."""
        failures = self._failures.get(key)
        if failures is None or failures.count < self._free:
            return True
        wait_s = min(2.0 ** min(failures.count - self._free, 30), self._longest_s)
        return self._clock() >= failures.last_at + wait_s

    def failed(self, key: str) -> None:
        """Count a failure."""
        moment = self._clock()
        failures = self._failures.pop(key, None)
        if failures is None or moment >= failures.last_at + FORGOTTEN_AFTER_S:
            failures = _Failures(0, moment)
        self._failures[key] = _Failures(failures.count + 1, moment)
        if len(self._failures) > MOST_REMEMBERED_FAILURES:
            self._failures.popitem(last=False)

    def forget(self, key: str) -> None:
        """Forget the failures of this key."""
        self._failures.pop(key, None)


class Lockout:
    """Counts failed logins by account and place, so that nobody can lock an owner out from elsewhere.

    Places from which an account has not logged in share a second count for the account. It limits guessing
    from many places at once, and owners at known places never wait for it. Accounts are identified by the
    address that was given, whether or not it belongs to a user.
    """

    def __init__(self, clock: Seconds = time.monotonic) -> None:
        self._pairs = Backoff(free=FREE_FAILURES, longest_s=LONGEST_LOCKOUT_S, clock=clock)
        self._strangers = Backoff(
            free=FREE_STRANGER_FAILURES, longest_s=LONGEST_STRANGER_LOCKOUT_S, clock=clock
        )

    def admits(self, account: str, source: str, *, is_known: bool) -> bool:
        """Whether the password may be checked."""
        return self._pairs.admits(_pair(account, source)) and (
            is_known or self._strangers.admits(digest_of(account))
        )

    def failed(self, account: str, source: str, *, is_known: bool) -> None:
        """Count a wrong password."""
        self._pairs.failed(_pair(account, source))
        if not is_known:
            self._strangers.failed(digest_of(account))

    def succeeded(self, account: str, source: str) -> None:
        """Forget the failures from this place."""
        self._pairs.forget(_pair(account, source))


def _pair(account: str, source: str) -> str:
    return digest_of(f"{source}\n{account}")
