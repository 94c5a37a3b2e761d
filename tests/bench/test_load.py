"""A small run of `python -m bench load`, and its result for a server that dies under it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench.__main__ import main
from bench.load import MOST_LOAD_CLIENTS, STEPS, Step, Watcher, load, load_on
from bench.servers import roocode
from bench.wire import connect
from tests.support.server import ALIKE, PROJECT


@pytest.fixture(autouse=True)
def settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, content in ALIKE.items():
        monkeypatch.setenv(name, content)


@pytest.mark.timeout(600)
async def test_each_client_has_each_event_once_and_the_report_says_so() -> None:
    loaded = await load(clients=3, seconds=1)
    assert not loaded.failures, "\n".join(loaded.lines())
    assert loaded.steps.keys() == set(STEPS)
    sessions = loaded.steps["session opened"].count
    assert sessions >= 3
    assert loaded.steps["task done"].count == loaded.steps["session deleted"].count == sessions
    assert loaded.events > 10 * sessions
    assert loaded.watched > sessions
    lines = loaded.lines()
    assert [line.split("  ")[1] for line in lines[2 : 2 + len(STEPS)]] == list(STEPS)
    assert lines[-1] == "  0 failures"
    content = json.loads(loaded.json())
    assert content["steps"]["task done"]["count"] == sessions
    assert content["failures"] == []


@pytest.mark.timeout(600)
async def test_a_server_that_dies_under_the_load_is_told(tmp_path: Path) -> None:
    with roocode(tmp_path / "data", is_pinned=False) as server:
        other = await connect(server.url, server.auth)
        other.on_event = server.process.kill
        await other.call("event.follow", {"scope": "all"})
        loaded = await load_on(server, clients=2, seconds=60)
    assert "the server ended with -9" in loaded.failures
    assert "no task was completed" in loaded.failures
    assert loaded.lines()[-1] == f"  {len(loaded.failures)} failures"


async def test_an_end_that_the_watcher_is_not_told_of_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.load.WATCHER_TIMEOUT_S", 0)
    watcher = Watcher()
    watcher.completed.add("task-1")
    assert await watcher.sees({"task-1"}) == set()
    assert await watcher.sees({"task-1", "task-2"}) == {"task-2"}


def test_a_step_is_summed_up_in_milliseconds() -> None:
    step = Step.of([number / 1000 for number in range(1, 102)], seconds=10)
    assert (step.count, step.per_second, step.longest_ms) == (101, 10.1, 101.0)
    assert (step.median_ms, step.p95_ms, step.p99_ms) == (51.0, 96.0, 100.0)
    assert Step.of([], seconds=10) == Step(
        count=0, per_second=0, median_ms=0, p95_ms=0, p99_ms=0, longest_ms=0
    )
    assert Step.of([0.002], seconds=1).p99_ms == 2.0


def test_a_load_without_bounds_is_refused() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench", "load", "--clients", "0"],
        capture_output=True,
        text=True,
        cwd=PROJECT,
        env=os.environ,
        check=False,
    )
    assert done.returncode == 2
    assert f"1 to {MOST_LOAD_CLIENTS} clients" in done.stderr


@pytest.mark.parametrize("option", [("--clients", str(MOST_LOAD_CLIENTS + 1)), ("--seconds", "1e9")])
def test_so_is_one_beyond_them(
    option: tuple[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["bench", "load", *option])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert f"1 to {MOST_LOAD_CLIENTS} clients" in capsys.readouterr().err
