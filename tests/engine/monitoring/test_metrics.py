"""The metrics of an engine: each engine has its own, and no label can grow without bound."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from roocode_server.engine.concurrency.shared_result import SharedResult
from roocode_server.engine.engine import Engine, open_engine
from roocode_server.models.settings import Settings


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Engine]:
    settings = {"server": {"data_dir": str(folder)}, "runtime": {"kind": "local"}}
    engine = await open_engine(Settings.load_plain(settings))
    try:
        yield engine
    finally:
        await engine.close()


async def scraped(engine: Engine) -> dict[str, float]:
    """Every sample by its name and labels."""
    body, _ = await engine.metrics.exposition("text/plain")
    return {
        f"{sample.name}{sorted(sample.labels.items()) or ''}": sample.value
        for family in text_string_to_metric_families(body.decode())
        for sample in family.samples
    }


async def test_two_engines_of_one_process_count_apart(tmp_path: Path) -> None:
    async with opened(tmp_path / "one") as one, opened(tmp_path / "two") as two:
        one.calls.record("task.get", 0.0, 200, None)
        assert "roocode_calls_total[('operation', 'task.get'), ('status', '200')]" in await scraped(one)
        assert not any(name.startswith("roocode_calls_total") for name in await scraped(two))


async def test_an_idle_engine_shows_zero_tasks_of_each_activity(tmp_path: Path) -> None:
    async with opened(tmp_path / "one") as engine:
        samples = await scraped(engine)
    assert samples["roocode_tasks[('activity', 'queued')]"] == 0
    assert samples["roocode_approvals_pending"] == 0
    assert samples["process_resident_memory_bytes"] > 0


async def test_classes_of_durations_are_cumulative(tmp_path: Path) -> None:
    async with opened(tmp_path / "one") as engine:
        for _ in range(3):
            engine.calls.record("task.get", engine.calls.now(), 200, None)
        samples = await scraped(engine)
    buckets = [count for name, count in samples.items() if "call_duration_seconds_bucket" in name]
    assert buckets == sorted(buckets)
    assert buckets[-1] == 3
    assert samples["roocode_call_duration_seconds_count[('operation', 'task.get')]"] == 3


async def test_scrapers_that_come_at_once_share_one_look_at_the_database() -> None:
    looks = 0

    async def look() -> int:
        nonlocal looks
        looks += 1
        await asyncio.sleep(0)
        return looks

    shared = SharedResult(look, lifetime_s=60)
    assert await asyncio.gather(*(shared.get() for _ in range(100))) == [1] * 100
