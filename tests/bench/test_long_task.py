"""In a task of many steps, the last cost as much as the first."""

from __future__ import annotations

import pytest

from bench.long_task import MOST, STEPS, prices


async def test_a_task_of_1000_steps_whose_steps_do_not_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    measured = await prices(STEPS)
    assert len(measured.steps_ms) == STEPS
    assert measured.last_ms <= MOST * measured.first_ms
