"""What tasks wait for, their order and their retries outlast a kill of the server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.end_to_end.lives import DEADLINE_S, Life, living

ENDS = ("task.completed", "task.failed", "task.cancelled")


@pytest.fixture
async def life(tmp_path: Path) -> AsyncIterator[Life]:
    async with living(tmp_path) as life:
        yield life


async def create(life: Life, text: str, **fields: Any) -> str:
    made = await life.call("task.create", input=text, **fields)
    return str(made["task"]["id"])


async def task_of(life: Life, task_id: str) -> dict[str, Any]:
    task: dict[str, Any] = (await life.call("task.get", taskId=task_id))["task"]
    return task


async def asking(life: Life, **fields: Any) -> str:
    """Create a task that asks a person something, and wait until it does."""
    task_id = await create(life, "asks something", **fields)
    await life.until(lambda each: each["type"] == "task.interactive" and each["taskId"] == task_id)
    return task_id


async def until_ended(life: Life, *task_ids: str) -> None:
    for task_id in task_ids:
        await life.until(lambda each, task_id=task_id: each["type"] in ENDS and each["taskId"] == task_id)


async def test_waiting_and_order_outlast_a_kill(life: Life) -> None:
    first = await asking(life, clientId="first")
    second = await create(life, "short way", clientId="second", priority="high", dependencies=["first"])
    low = await create(life, "short way", priority="low")
    high = await create(life, "short way", priority="high", type="testing")
    await life.kill()
    await life.begin()
    await until_ended(life, high, low)
    waiting = await task_of(life, "second")
    assert (waiting["id"], waiting["status"], waiting["waitingFor"]) == (second, "pending", [first])
    assert (await task_of(life, "first"))["activity"] == "resumable"
    await life.call("task.message", taskId="first", text="yes")
    await until_ended(life, first, second)
    started = [each["taskId"] for each in life.seen if each["type"] == "task.started"]
    assert started == [first, high, low, second]


async def test_tasks_that_are_sent_without_waiting_for_answers_find_each_other(life: Life) -> None:
    await asking(life, clientId="0")
    names = [str(number) for number in range(1, 30)]
    sent = [
        life.call("task.create", input="short way", clientId=name, dependencies=[str(int(name) - 1)])
        for name in names
    ]
    made = [answer["task"] for answer in await asyncio.gather(*sent)]
    assert [(task["clientId"], task["status"]) for task in made] == [(name, "pending") for name in names]


async def test_a_failure_and_those_that_follow_from_it_are_stored_together(life: Life) -> None:
    await asking(life, clientId="0")
    for number in range(1, 20):
        await create(life, "short way", clientId=str(number), dependencies=[str(number - 1)])
    cancelling = asyncio.create_task(life.ask("task.cancel", taskId="0"))
    await life.until(lambda each: each["type"] == "task.cancelled")
    await life.kill()
    cancelling.cancel()
    await asyncio.wait({cancelling})
    await life.begin()
    for number in range(1, 20):
        task = await task_of(life, str(number))
        assert (task["status"], task["error"]["code"]) == ("failed", "DEPENDENCY_FAILED")
        assert f"`{number - 1}`" in task["error"]["message"]


async def test_a_retry_that_was_acknowledged_outlasts_a_kill(life: Life) -> None:
    task_id = await asking(life)
    await life.call("task.cancel", taskId=task_id)
    other = await asking(life)
    again = (await life.call("task.retry", taskId=task_id))["task"]
    assert (again["status"], again["activity"], again["retryCount"]) == ("pending", "queued", 1)
    await life.kill()
    position = len(life.seen)
    await life.begin()
    await life.until(
        lambda each: each["type"] == "task.interactive" and each["taskId"] == task_id, after=position
    )
    task = await task_of(life, task_id)
    assert (task["status"], task["retryCount"]) == ("running", 1)
    await life.call("task.message", taskId=task_id, text="yes")
    async with asyncio.timeout(DEADLINE_S):
        while (await task_of(life, task_id))["status"] != "completed":
            await asyncio.sleep(0.01)
    assert (await task_of(life, other))["activity"] == "resumable"


async def test_a_task_is_found_retried_and_cancelled_in_rest_by_its_clients_id(life: Life) -> None:
    name = "tests: a&b?c#d%2F+ü"
    name = name.replace(" ", "-")
    await asking(life, clientId=name)
    path = f"/api/v1/sessions/{life.session_id}/tasks"
    place = f"{path}/{quote(name, safe='')}"
    request = life.server.request
    found = await asyncio.to_thread(request, "GET", place)
    assert found.body["task"]["clientId"] == name
    gone = await asyncio.to_thread(request, "DELETE", place)
    assert gone.body["task"]["status"] == "cancelled"
    again = await asyncio.to_thread(request, "POST", f"{place}/retry")
    assert (again.status, again.body["task"]["retryCount"]) == (200, 1)
    twice = await asyncio.to_thread(request, "POST", path, {"input": "x", "clientId": name})
    assert (twice.status, twice.code) == (409, "RESOURCE_CONFLICT")
    assert twice.body["error"]["details"]["clientId"] == name
