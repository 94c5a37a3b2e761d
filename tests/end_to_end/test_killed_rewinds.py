"""A server that is killed while a task goes back to a message: afterwards it is back, or where it was."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.lives import Life, living
from tests.support.nightly import times

MOMENTS = times(2, nightly=30)
LONGEST_S = 0.15
"""Most rewinds are over by then."""


@pytest.fixture
async def life(tmp_path: Path) -> AsyncIterator[Life]:
    async with living(tmp_path) as life:
        yield life


async def steps(life: Life) -> list[str]:
    return (await life.call("file.read", path="/steps.txt"))["content"].splitlines()


async def messages(life: Life, task_id: str) -> list[str]:
    listed = await life.call("task.messages", taskId=task_id, limit=100)
    return [each["id"] for each in listed["data"]]


async def ended(life: Life, task_id: str) -> dict[str, Any]:
    task: dict[str, Any] = (await life.call("task.get", taskId=task_id, wait=60))["task"]
    assert task["status"] == "completed", task
    return task


@pytest.mark.parametrize("seed", range(MOMENTS))
async def test_a_kill_in_the_moment_of_a_rewind_leaves_it_done_or_not_begun(life: Life, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - it chooses moments, not secrets
    task_id: str = (await life.call("task.create", input="several turns"))["task"]["id"]
    await ended(life, task_id)
    first = await messages(life, task_id)
    await life.call("task.message", taskId=task_id, text="more")
    assert (await ended(life, task_id))["turn"] == 2
    both, written = await messages(life, task_id), await steps(life)
    assert written == ["first", "more"]

    rewinding = asyncio.create_task(life.ask("task.rewind", taskId=task_id, messageId=first[-1]))
    await asyncio.wait({rewinding}, timeout=chance.uniform(0.0, LONGEST_S))
    await life.kill()
    rewinding.cancel()
    await asyncio.wait({rewinding})
    await life.begin()

    found = await messages(life, task_id)
    assert found in (first, both)
    is_back = found == first
    assert await steps(life) == (["first"] if is_back else written)
    rewound = [each for each in await life.stored() if each["type"] == "task.rewound"]
    assert len(rewound) == is_back
    if is_back:
        await life.call("task.reinstate", taskId=task_id)
        assert (await messages(life, task_id), await steps(life)) == (both, written)
    stored = await life.stored()
    assert [each["seq"] for each in stored] == list(range(1, len(stored) + 1))
