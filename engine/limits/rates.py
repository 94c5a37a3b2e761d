"""Rate limits: counts each caller's calls per minute and class. Source: S0, "Rate Limiting"."""

from __future__ import annotations

import functools

from limits import RateLimitItemPerMinute
from limits.aio.storage import Storage
from limits.aio.strategies import FixedWindowRateLimiter

from roocode_server.engine.limits.callers import account_of, address_of
from roocode_server.engine.limits.counts import Clock, MemoryCounts, steady_time
from roocode_server.models.error import RateLimitExceeded
from roocode_server.models.limit_settings import LimitSettings
from roocode_server.models.quota import Limit, Quota
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

    async def count(self, limit: Limit, caller: Caller, *, by_address: bool = False) -> Quota | None:
        """Count a call and return what the caller has left of its class; None if there is no limit.

        With `by_address`, all callers from the same address are counted together. Raises: RateLimitExceeded.
        """
        most = self._settings.of(limit) if by_address else number_of(limit, caller, self._settings)
        if most is None:
            return None
        counted, account = _item(limit, most), address_of(caller) if by_address else account_of(caller)
        is_within = await self._limiter.hit(counted, account)
        window = await self._limiter.get_window_stats(counted, account)
        quota = Quota(limit, most, window.remaining, window.reset_time)
        if not is_within:
            raise RateLimitExceeded.of_calls(quota, self._clock())
        return quota


@functools.lru_cache(maxsize=256)
def _item(limit: Limit, most: int) -> RateLimitItemPerMinute:
    return RateLimitItemPerMinute(most, namespace=limit)
