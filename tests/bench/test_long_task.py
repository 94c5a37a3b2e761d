"""In a task of many steps, the last cost as much as the first."""

from __future__ import annotations

import pytest

from bench.long_task import MOST, STEPS, prices

TRIES = 3
"""What other programs do between the first steps and the last disturbs now and then; what grows, always."""


async def test_a_task_of_1000_steps_whose_steps_do_not_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    grown = []
    while len(grown) < TRIES and (not grown or grown[-1] > MOST):
        measured = await prices(STEPS)
        assert len(measured.steps_ms) == STEPS
        grown.append(measured.last_ms / measured.first_ms)
    assert grown[-1] <= MOST, grown
