"""What descends from a process is found by one look at all of them, which serves many who ask at once."""

from __future__ import annotations

import os
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from roocode_server.engine.runtimes import descendants
from roocode_server.engine.runtimes.descendants import children_of_all, descendants_of


def test_children_and_theirs_are_found_and_nobody_else() -> None:
    with (
        subprocess.Popen(
            ["/bin/sh", "-c", "sleep 600 & echo $!; wait"], stdout=subprocess.PIPE, text=True
        ) as shell,
        subprocess.Popen(["sleep", "600"]) as other,
    ):
        assert shell.stdout is not None
        below = int(shell.stdout.readline())
        try:
            assert descendants_of(shell.pid, asked_at=time.monotonic()) == [below]
            assert {shell.pid, below, other.pid} <= {*descendants_of(os.getpid(), asked_at=time.monotonic())}
        finally:
            os.kill(below, 9)
            other.kill()


def test_one_that_has_ended_has_none() -> None:
    with subprocess.Popen(["true"]) as ended:
        ended.wait()
    assert descendants_of(ended.pid, asked_at=time.monotonic()) == []


def test_all_who_asked_before_a_look_share_it_and_who_asks_later_has_a_new_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks: list[float] = []

    def look() -> dict[int, list[int]]:
        looks.append(time.monotonic())
        return children_of_all()

    monkeypatch.setattr(descendants, "children_of_all", look)
    asked_at = time.monotonic()
    with ThreadPoolExecutor(8) as threads:
        found = [threads.submit(descendants_of, os.getpid(), asked_at=asked_at) for _ in range(32)]
    assert len({tuple(each.result()) for each in found}) == 1
    assert len(looks) == 1
    with subprocess.Popen(["sleep", "600"]) as later:
        try:
            assert later.pid in descendants_of(os.getpid(), asked_at=time.monotonic())
        finally:
            later.kill()
    assert len(looks) == 2
