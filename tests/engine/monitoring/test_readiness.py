"""Readiness: each check is named, and whoever asks costs at most one check a second."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from roocode_server.engine.monitoring import readiness
from roocode_server.engine.monitoring.loop_lag import MEASURING_INTERVAL_S, EventLoopLag
from roocode_server.engine.monitoring.readiness import Readiness, disk_room


async def works() -> str | None:
    return None


async def fails() -> str | None:
    return "it is full"


async def breaks() -> str | None:
    raise FileNotFoundError(2, "No such file or directory", "/a/secret/place")


async def hangs() -> str | None:
    await asyncio.Event().wait()
    return None


async def test_a_server_whose_checks_all_succeed_is_ready() -> None:
    report = await Readiness({"database": works, "disk": works}).report()
    assert report.dump() == {"status": "ready", "checks": {"database": {"ok": True}, "disk": {"ok": True}}}


async def test_one_check_that_fails_makes_it_unready_and_says_why() -> None:
    report = await Readiness({"database": works, "disk": fails}).report()
    assert report.status == "unready"
    assert report.checks["disk"].dump() == {"ok": False, "reason": "it is full"}
    assert report.checks["database"].ok


async def test_a_check_that_breaks_has_failed_and_names_no_path() -> None:
    report = await Readiness({"disk": breaks}).report()
    assert report.checks["disk"].reason == "No such file or directory"


async def test_a_check_that_hangs_has_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "CHECK_TIMEOUT_S", 0.01)
    report = await Readiness({"disk": hangs}).report()
    assert report.checks["disk"].reason == "no result within 0.01 s"


async def test_a_thousand_who_ask_at_once_cost_one_check() -> None:
    checked = 0

    async def counts() -> str | None:
        nonlocal checked
        checked += 1
        return None

    asked = Readiness({"database": counts})
    await asyncio.gather(*(asked.report() for _ in range(1000)))
    assert checked == 1


async def test_too_little_room_is_told_in_mebibytes(tmp_path: Path) -> None:
    assert await disk_room(tmp_path, 0) is None
    assert "are needed" in str(await disk_room(tmp_path, 1_000_000_000))


async def test_what_blocks_the_loop_is_seen_as_its_lag() -> None:
    lag = EventLoopLag()
    lag.begin()
    await asyncio.sleep(MEASURING_INTERVAL_S / 2)
    time.sleep(3 * MEASURING_INTERVAL_S)  # the loop is busy, and its timers are late
    await asyncio.sleep(0)
    await asyncio.sleep(MEASURING_INTERVAL_S)
    assert lag.worst_s >= MEASURING_INTERVAL_S
    await lag.close()
