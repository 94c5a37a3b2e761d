"""Samples of the machine's resources, taken once for all who watch."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

import structlog

from roocode_server.engine.events.announcer import Announcer, Deliver
from roocode_server.engine.monitoring.fresh import Fresh
from roocode_server.engine.monitoring.trend import TREND_INTERVAL_S, Trend
from roocode_server.models.monitoring import SystemResources, SystemSampled

log: Final = structlog.get_logger("monitoring")


class ResourceSampler:
    """Measures every `interval_s` while somebody follows, and every `TREND_INTERVAL_S` for the trend.

    `measure` runs in a thread, never twice at the same time.
    """

    def __init__(self, measure: Callable[[], SystemResources], *, interval_s: float) -> None:
        self.interval_s = interval_s
        self.trend = Trend()
        self._samples = Fresh(partial(asyncio.to_thread, measure), fresh_s=interval_s)
        self._announcer = Announcer()
        self._sampling: asyncio.Task[None] | None = None
        self._recording: asyncio.Task[None] | None = None
        self._has_failed = False

    def begin(self) -> None:
        """Start to record the trend."""
        self._recording = asyncio.create_task(self._record(), name="trend of resources")

    async def close(self) -> None:
        """Stop sampling."""
        running = [each for each in (self._sampling, self._recording) if each is not None]
        for each in running:
            each.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await self._samples.close()

    def follow(self, deliver: Deliver) -> Callable[[], None]:
        """Deliver each sample as `system.sampled` from now on; call the returned function to stop."""
        leave = self._announcer.follow(deliver)
        if self._sampling is None:
            self._sampling = asyncio.create_task(self._sample_while_heard(), name="samples of resources")
        return leave

    async def latest(self) -> SystemResources:
        """Return a sample that is at most `interval_s` old. Raises: OSError, if measuring fails."""
        return await self._samples.latest()

    async def _sample_while_heard(self) -> None:
        try:
            while self._announcer.is_heard:
                sample = await self._taken(self._samples.anew())
                if sample is not None:
                    self._announcer.announce(SystemSampled(resources=sample))
                await asyncio.sleep(self.interval_s)
        finally:
            self._sampling = None

    async def _record(self) -> None:
        while True:
            sample = await self._taken(self.latest())
            if sample is not None:
                self.trend.add(sample)
            await asyncio.sleep(TREND_INTERVAL_S)

    async def _taken(self, sampling: Awaitable[SystemResources]) -> SystemResources | None:
        """A sample, or None if measuring fails, which is logged once until it works again."""
        try:
            sample = await sampling
        except OSError as failure:
            if not self._has_failed:
                log.warning("resources could not be measured", reason=str(failure))
            self._has_failed = True
            return None
        self._has_failed = False
        return sample
