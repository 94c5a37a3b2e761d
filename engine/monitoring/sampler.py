"""Samples of the machine's resources, taken once for all who watch."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from roocode_server.engine.events.announcer import Announcer, Deliver
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
        self._measure = measure
        self._announcer = Announcer()
        self._latest: SystemResources | None = None
        self._measured_at = 0.0
        self._measuring: asyncio.Task[SystemResources] | None = None
        self._sampling: asyncio.Task[None] | None = None
        self._recording: asyncio.Task[None] | None = None
        self._has_failed = False

    def begin(self) -> None:
        """Start to record the trend."""
        self._recording = asyncio.create_task(self._record(), name="trend of resources")

    async def close(self) -> None:
        """Stop sampling."""
        running = [each for each in (self._sampling, self._recording, self._measuring) if each is not None]
        for each in running:
            each.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def follow(self, deliver: Deliver) -> Callable[[], None]:
        """Deliver each sample as `system.sampled` from now on; call the returned function to stop."""
        leave = self._announcer.follow(deliver)
        if self._sampling is None:
            self._sampling = asyncio.create_task(self._sample_while_heard(), name="samples of resources")
        return leave

    async def latest(self) -> SystemResources:
        """Return a sample that is at most `interval_s` old. Raises: OSError, if measuring fails."""
        loop = asyncio.get_running_loop()
        if self._latest is not None and loop.time() - self._measured_at < self.interval_s:
            return self._latest
        return await self._measured()

    async def _measured(self) -> SystemResources:
        """Measure; concurrent callers share one measurement."""
        if self._measuring is None:
            self._measuring = asyncio.create_task(self._measure_once())
            self._measuring.add_done_callback(self._has_measured)
        return await asyncio.shield(self._measuring)

    async def _measure_once(self) -> SystemResources:
        self._latest = await asyncio.to_thread(self._measure)
        self._measured_at = asyncio.get_running_loop().time()
        return self._latest

    def _has_measured(self, measuring: asyncio.Task[SystemResources]) -> None:
        self._measuring = None
        if not measuring.cancelled():
            measuring.exception()  # raised to those who wait

    async def _sample_while_heard(self) -> None:
        try:
            while self._announcer.is_heard:
                sample = await self._taken(self._measured())
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
