"""The machine is measured once for all who watch it, and not at all for nobody."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import structlog.testing

from roocode_server.engine.monitoring.machine import Machine
from roocode_server.engine.monitoring.sampler import ResourceSampler
from roocode_server.engine.monitoring.trend import TREND_LENGTH, Trend
from roocode_server.models.clock import milliseconds, now
from roocode_server.models.event import Broadcast
from roocode_server.models.monitoring import SystemResources, SystemSampled


class Measured:
    """This machine, counting how often it is measured; `fails` while that is set."""

    def __init__(self, folder: Path) -> None:
        self._machine = Machine(str(folder))
        self.times = 0
        self.fails = False

    def __call__(self) -> SystemResources:
        self.times += 1
        if self.fails:
            raise OSError("no such disk")
        return self._machine.measure()


@pytest.fixture
def measured(tmp_path: Path) -> Measured:
    return Measured(tmp_path)


@asynccontextmanager
async def sampling(
    measure: Callable[[], SystemResources], interval_s: float
) -> AsyncIterator[ResourceSampler]:
    sampler = ResourceSampler(measure, interval_s=interval_s)
    try:
        yield sampler
    finally:
        await sampler.close()


class Watcher:
    """Keeps what it is sent."""

    def __init__(self) -> None:
        self.got: list[Broadcast] = []
        self._more = asyncio.Event()

    def deliver(self, sample: Broadcast) -> None:
        self.got.append(sample)
        self._more.set()

    async def has(self, count: int) -> None:
        async with asyncio.timeout(20):
            while len(self.got) < count:
                self._more.clear()
                await self._more.wait()


async def test_two_hundred_watchers_are_one_measurement_each_interval(measured: Measured) -> None:
    async with sampling(measured, 0.1) as sampler:
        watchers = [Watcher() for _ in range(200)]
        for watcher in watchers:
            sampler.follow(watcher.deliver)
        await asyncio.gather(*(watcher.has(3) for watcher in watchers))
        assert measured.times == len(watchers[0].got)
    first = watchers[0].got[:3]
    assert all(watcher.got[:3] == first for watcher in watchers), "the very same, encoded once"
    assert len({sample.body for sample in first}) == 3


async def test_nobody_who_watches_is_no_measurement(measured: Measured) -> None:
    async with sampling(measured, 0.1) as sampler:
        watcher, other = Watcher(), Watcher()
        leave = sampler.follow(watcher.deliver)
        await watcher.has(1)
        leave()
        counted = measured.times
        await asyncio.sleep(0.35)
        assert measured.times <= counted + 1, "at most the one that was under way"
        sampler.follow(other.deliver)
        await other.has(1)
    assert measured.times >= counted + 1


async def test_a_call_is_answered_by_a_fresh_sample_and_concurrent_ones_share_theirs(
    measured: Measured,
) -> None:
    async with sampling(measured, 60) as sampler:
        first, second = await asyncio.gather(sampler.latest(), sampler.latest())
        assert first == second == await sampler.latest()
    assert measured.times == 1


async def test_an_old_sample_is_not_answered_again(measured: Measured) -> None:
    async with sampling(measured, 0.1) as sampler:
        before = await sampler.latest()
        await asyncio.sleep(0.15)
        assert await sampler.latest() is not before


async def test_a_machine_that_cannot_be_measured_is_reported_once_and_tried_again(measured: Measured) -> None:
    measured.fails = True
    watcher = Watcher()
    with structlog.testing.capture_logs() as lines:
        async with sampling(measured, 0.1) as sampler:
            sampler.follow(watcher.deliver)
            while measured.times < 3:
                await asyncio.sleep(0.05)
            measured.fails = False
            await watcher.has(1)
    assert [line["event"] for line in lines] == ["resources could not be measured"]


async def test_one_watcher_that_breaks_does_not_keep_samples_from_the_others(measured: Measured) -> None:
    def broken(sample: Broadcast) -> None:
        raise RuntimeError("broken")

    async with sampling(measured, 0.1) as sampler:
        watcher = Watcher()
        sampler.follow(broken)
        sampler.follow(watcher.deliver)
        await watcher.has(2)


async def test_the_trend_begins_with_the_server(measured: Measured) -> None:
    began = milliseconds(now())
    async with sampling(measured, 0.1) as sampler:
        sampler.begin()
        async with asyncio.timeout(20):
            while not sampler.trend.since(began):
                await asyncio.sleep(0.01)
        [point] = sampler.trend.since(began)
        sample = await sampler.latest()
    assert 0 <= point.cpu_usage <= 100
    assert point.memory_usage == pytest.approx(sample.memory_usage, abs=50)


def test_a_trend_is_as_long_as_a_day_and_no_longer(measured: Measured) -> None:
    trend, sample = Trend(), measured()
    for percent in range(TREND_LENGTH + 10):
        trend.add(replace(sample, cpu_usage=percent))
    points = trend.since(0)
    assert len(points) == TREND_LENGTH
    assert points[0].cpu_usage == 10
    assert trend.since(milliseconds(sample.timestamp) + 1) == []


def test_usage_is_that_since_the_previous_measurement(tmp_path: Path) -> None:
    machine = Machine(str(tmp_path))
    for _ in range(3):
        sample = machine.measure()
        assert 0 <= sample.cpu_usage <= 100
    assert sample.memory_used <= sample.memory_total
    assert sample.active_processes > 0
    assert SystemSampled(resources=sample).dump()["resources"]["networkStats"].keys() == {
        "bytesSent",
        "bytesRecv",
        "packetsSent",
        "packetsRecv",
    }
