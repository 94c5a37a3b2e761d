"""Rate limits: counts each caller's calls per minute and class. Source: S0, "Rate Limiting"."""

from __future__ import annotations

import functools
from collections.abc import Mapping

from limits import RateLimitItemPerMinute
from limits.aio.storage import Storage
from limits.aio.strategies import FixedWindowRateLimiter

from roocode_server.engine.limits.callers import account_of, address_of
from roocode_server.engine.limits.counts import Clock, MemoryCounts, steady_time
from roocode_server.models.error import InvalidField, PermissionDenied, RateLimitExceeded
from roocode_server.models.limit_settings import LARGEST_LIMIT, LimitSettings
from roocode_server.models.quota import Limit, OwnLimits, Quota
from roocode_server.models.user import Caller


def number_of(limit: Limit, caller: Caller, settings: LimitSettings) -> int | None:
    """Return a limit for a caller: their key's or else the server's. None if there is none."""
    if caller.limits is not None and limit in caller.limits:
        return caller.limits[limit]
    return settings.of(limit)


class RateLimits:
    """Counts calls in windows of one minute; each window starts with its first call."""

    def __init__(
        self, settings: LimitSettings, counts: Storage | None = None, *, clock: Clock = steady_time
    ) -> None:
        self._settings = settings
        self._limiter = FixedWindowRateLimiter(MemoryCounts(clock) if counts is None else counts)
        self._clock = clock

    def of_new_key(self, caller: Caller, given: Mapping[Limit, int | None] | None) -> OwnLimits | None:
        """Return the limits of a key that a caller creates: those given, and what their own key has less of.

        Raises: InvalidField, if a number cannot be one; PermissionDenied, if somebody who is no
        administrator would give more than they have.
        """
        own = {
            name: number
            for name, number in (caller.limits or {}).items()
            if _exceeds(self._settings.of(Limit(name)), number)
        }
        for name, number in (given or {}).items():
            if number is not None and not 1 <= number <= LARGEST_LIMIT:
                raise InvalidField(f"limits.{name}", f"Expected a number from 1 to {LARGEST_LIMIT}, or null.")
            if not caller.is_admin and _exceeds(number, number_of(name, caller, self._settings)):
                raise PermissionDenied("Only administrators give a key more than they may use themselves")
            own[name.value] = number
        return own or None

    async def count(
        self, limit: Limit, caller: Caller, *, by_address: bool = False, connection: str | None = None
    ) -> Quota | None:
        """Count a call and return what the caller has left of its class; None if there is no limit.

        With `by_address`, all callers from the same address are counted together; with the id of a
        `connection`, what comes through it is counted alone. Raises: RateLimitExceeded.
        """
        most = self._settings.of(limit) if by_address else number_of(limit, caller, self._settings)
        if most is None:
            return None
        if connection is not None:
            account = f"connection/{connection}"
        else:
            account = address_of(caller) if by_address else account_of(caller)
        counted = _item(limit, most)
        is_within = await self._limiter.hit(counted, account)
        window = await self._limiter.get_window_stats(counted, account)
        quota = Quota(limit, most, window.remaining, window.reset_time)
        if not is_within:
            raise RateLimitExceeded.of_calls(quota, self._clock())
        return quota


def _exceeds(number: int | None, most: int | None) -> bool:
    """Whether a limit allows more than another; None allows anything."""
    return most is not None and (number is None or number > most)


@functools.lru_cache(maxsize=256)
def _item(limit: Limit, most: int) -> RateLimitItemPerMinute:
    return RateLimitItemPerMinute(most, namespace=limit)
