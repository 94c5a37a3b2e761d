"""A task that has ended goes on with a message: in a client's hands, and through kills of the server."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.lives import DEADLINE_S, Happened, Life, living
from tests.support.nightly import times
from tests.support.server import ServerProcess

PLAYBOOKS = Path(__file__).with_name("playbooks")
MORE = "now also this"


@pytest.fixture
async def life(tmp_path: Path) -> AsyncIterator[Life]:
    async with living(tmp_path) as life:
        yield life


async def completed(life: Life) -> str:
    """Run the first turn of a task, and return its id."""
    task_id: str = (await life.call("task.create", input="several turns"))["task"]["id"]
    await life.until(lambda happened: happened["type"] == "task.completed")
    return task_id


async def end_of(life: Life, turn: int) -> Happened:
    return await life.until(lambda told: told["type"] == "task.completed" and told["turn"] == turn)


def said(stored: list[Happened]) -> list[str]:
    return [
        each["message"]["id"]
        for each in stored
        if each["type"] == "message.created" and each["message"].get("text") == MORE
    ]


async def after_the_kill(life: Life, task_id: str, key: str) -> None:
    """Check that message and turn are both there or neither, and that the task goes on to the turn's end."""
    await life.begin()
    stored = await life.stored()
    task = (await life.call("task.get", taskId=task_id))["task"]
    reopened = [each["messageId"] for each in stored if each["type"] == "task.reopened"]
    assert said(stored) == reopened
    assert task["turn"] == 1 + len(reopened)
    again = await life.call("task.message", taskId=task_id, text=MORE, idempotencyKey=key)
    if reopened:
        assert [again["message"]["id"]] == reopened
        task = (await life.call("task.get", taskId=task_id))["task"]
        if task["activity"] == "resumable":
            await life.call("task.resume", taskId=task_id)
    await end_of(life, 2)
    stored = await life.stored()
    assert [each["seq"] for each in stored] == list(range(1, len(stored) + 1))
    assert len(said(stored)) == 1
    ended = (await life.call("task.turns", taskId=task_id))["data"]
    assert [(each["turn"], each["input"], each["status"]) for each in ended] == [
        (2, MORE, "completed"),
        (1, "several turns", "completed"),
    ]
    lines = (await life.call("file.read", path="/steps.txt"))["content"].splitlines()
    assert lines[0] == "first"
    assert set(lines[1:]) == {MORE}


@pytest.mark.parametrize("moment", ["message.created", "task.reopened", "task.resumed", "tool.started"])
async def test_a_message_and_the_turn_that_it_begins_survive_a_kill_together(life: Life, moment: str) -> None:
    task_id = await completed(life)
    after = len(life.seen)
    await life.call("task.message", taskId=task_id, text=MORE, idempotencyKey="more")
    await life.until(lambda told: told["type"] == moment, after=after)
    await life.kill()
    await after_the_kill(life, task_id, "more")


@pytest.mark.parametrize("seed", range(times(3, nightly=30)))
async def test_a_kill_in_the_moment_of_a_message_leaves_it_whole_or_not_at_all(life: Life, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - it chooses moments, not secrets
    task_id = await completed(life)
    saying = asyncio.create_task(
        life.ask("task.message", taskId=task_id, text=MORE, idempotencyKey="more"), name="message"
    )
    await asyncio.wait({saying}, timeout=chance.uniform(0.0, 0.01))
    await life.kill()
    saying.cancel()
    await asyncio.wait({saying})
    await after_the_kill(life, task_id, "more")


async def test_an_interruption_survives_a_kill(life: Life) -> None:
    task_id: str = (await life.call("task.create", input="54321"))["task"]["id"]
    await life.until(lambda told: told["type"] == "tool.started")
    stopped = (await life.call("task.interrupt", taskId=task_id))["task"]
    assert (stopped["activity"], stopped["interruptedBy"]) == ("resumable", "person")
    await life.kill()
    await life.begin()
    task = (await life.call("task.get", taskId=task_id))["task"]
    assert (task["activity"], task["interruptedBy"]) == ("resumable", "person")
    told = [each["interruptedBy"] for each in await life.stored() if each["type"] == "task.resumable"]
    assert told == ["person"]
    await life.call("task.cancel", taskId=task_id)


async def test_messages_of_many_while_tasks_end_are_all_heard(life: Life) -> None:
    """Each message is heard in the turn under way, or begins another one: none is left over."""
    task_id: str = (await life.call("task.create", input="short way"))["task"]["id"]
    texts = [f"remark {number}" for number in range(20)]
    for text in texts:
        await life.call("task.message", taskId=task_id, text=text)
        await asyncio.sleep(0)
    task = (await life.call("task.get", taskId=task_id, wait=DEADLINE_S))["task"]
    assert task["status"] == "completed"
    stored = await life.stored()
    heard = [each["message"]["text"] for each in stored if each["type"] == "message.created"]
    assert [text for text in heard if text in texts] == texts
    ends = [each["turn"] for each in stored if each["type"] == "task.completed"]
    assert ends == list(range(1, task["turn"] + 1))
    begun = [each["turn"] for each in stored if each["type"] == "task.reopened"]
    assert begun == ends[1:]


def test_a_client_in_javascript_is_told_corrects_and_goes_on(
    start_server: Callable[..., ServerProcess],
) -> None:
    server = start_server(providers__scripted__folders=f"[{PLAYBOOKS}]")
    assert server.node("conversation.mjs")["said"] == [
        "completed, turn 1: The first turn is done.",
        "interrupted by person",
        "completed, turn 2: The second turn is done.",
        "completed, turn 3: All steps of playbook `several-turns` are done.",
        "turns: 3 2 1",
    ]


def test_a_message_to_an_ended_task_is_the_same_through_rest(server: ServerProcess) -> None:
    session_id = server.open_session("REST")
    place = f"/api/v1/sessions/{session_id}/tasks"
    task = server.request("POST", place, {"input": "Look"}).body["task"]
    here = f"{place}/{task['id']}"
    server.request("GET", f"{here}?wait=60")
    said_so: dict[str, Any] = {"text": "and there"}
    assert server.request("POST", f"{here}/messages", said_so).status == 201
    assert server.request("GET", f"{here}?wait=60").body["task"]["turn"] == 2
    assert server.request("POST", f"{here}/interrupt").status == 409
    new = server.request("POST", place, {"input": "Go on", "continueFrom": task["id"]}).body["task"]
    assert new["continuedFrom"] == task["id"]
    assert [each["turn"] for each in server.request("GET", f"{here}/turns").body["data"]] == [2, 1]
