"""Checks, budgets and the report of usage across kills of the server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.lives import DEADLINE_S, Life, living
from tests.end_to_end.test_scheduling import create, task_of, until_ended


@pytest.fixture
async def life(tmp_path: Path) -> AsyncIterator[Life]:
    async with living(tmp_path) as life:
        yield life


def workspace(life: Life) -> Path:
    return life.server.data_dir / "workspaces" / life.session_id


async def checking(life: Life, **checks: Any) -> str:
    """Create a task whose check goes on until there is a file `go`, and wait until it is made."""
    command = "touch begun; while ! test -f go; do sleep 0.05; done; test -f done.txt"
    wanted = {"commands": [{"command": command}], **checks}
    task_id = await create(life, "short way", config={"checks": wanted})
    async with asyncio.timeout(DEADLINE_S):
        while not (workspace(life) / "begun").exists():
            await asyncio.sleep(0.01)
    return task_id


@pytest.mark.parametrize("is_done", [True, False])
async def test_a_kill_during_the_checks_completes_nothing(life: Life, is_done: bool) -> None:
    task_id = await checking(life, maxAttempts=1)
    await life.kill()
    (workspace(life) / "go").touch()
    if is_done:
        (workspace(life) / "done.txt").touch()
    await life.begin()
    assert (await task_of(life, task_id))["activity"] == "resumable"
    await life.call("task.resume", taskId=task_id)
    await until_ended(life, task_id)
    task = await task_of(life, task_id)
    checked = [each["evidence"]["passed"] for each in life.seen if each["type"] == "task.checked"]
    assert checked == [is_done]
    if is_done:
        assert task["status"] == "completed"
        assert task["result"]["checks"]["passed"]
    else:
        assert task["error"]["code"] == "CHECKS_FAILED"
        assert "result" not in task


async def test_what_was_used_before_a_kill_is_reported_once(life: Life) -> None:
    task_id = await checking(life)
    before = (await life.call("usage.report", groupBy=["session"]))["total"]
    await life.kill()
    (workspace(life) / "go").touch()
    (workspace(life) / "done.txt").touch()
    await life.begin()
    again = await life.call("usage.report", groupBy=["session"])
    assert again["total"] == before
    await life.call("task.resume", taskId=task_id)
    await until_ended(life, task_id)
    usage = (await task_of(life, task_id))["usage"]
    total = (await life.call("usage.report", groupBy=["session"]))["total"]
    assert total["requests"] == usage["totalRequests"] >= before["requests"] > 0


async def test_a_kill_gives_no_new_budget(life: Life) -> None:
    task_id = await create(life, "asks something", config={"maxRequests": 1})
    await life.until(lambda each: each["type"] == "task.interactive")
    await life.kill()
    await life.begin()
    await life.call("task.message", taskId=task_id, text="yes")
    await until_ended(life, task_id)
    error = (await task_of(life, task_id))["error"]
    assert error["code"] == "BUDGET_EXCEEDED"
    assert error["details"] == {"budget": "maxRequests", "used": 1, "limit": 1}
