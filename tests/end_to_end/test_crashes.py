"""A server that is killed during work loses nothing that it has reported, and continues."""

from __future__ import annotations

import asyncio
import itertools
import random
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.lives import (
    DEADLINE_S,
    OF_FOCUS,
    PLAYBOOKS,
    Happened,
    Life,
    living,
    no_process_with,
    processes_with,
)
from tests.support.nightly import times
from tests.support.server import ServerProcess

ASKED_ONCE = [{"decision": "always"}, {"decision": "ask", "command": "touch"}]
OVER = ("task.completed", "task.failed", "task.cancelled")
COMMANDS = {"one": (3, 1), "two": (5, 1), "three": (7, 1), "four": (8, 2), "five": (9, 1)}
"""The line that each command of the playbook writes, and the call it belongs to."""
CALLS = 11
KILLS = times(3, nightly=5)


@pytest.fixture
async def life(tmp_path: Path) -> AsyncIterator[Life]:
    async with living(tmp_path, approvals=ASKED_ONCE) as life:
        yield life


@dataclass
class Acknowledged:
    """What the client was told, and what it may have been about to be told."""

    name: str = "Many lives"
    offered: str = "Many lives"
    approvals: tuple[str, ...] = ()


async def go_on(life: Life, task_id: str) -> None:
    """Resume an interrupted task, by answering its question if it has one.

    A task that had not started yet starts by itself.
    """
    if not any(each["type"] == "task.resumable" for each in life.seen):
        return
    waiting = (await life.call("approval.list", status="pending"))["data"]
    for approval in waiting:
        await life.call("approval.respond", approvalId=approval["id"], action="approve")
    if not waiting:
        await life.call("task.resume", taskId=task_id)


async def accompany(life: Life, task_id: str, told: Acknowledged, *, after: int) -> AsyncIterator[Happened]:
    """Yield the task's events as they arrive, to its end; approves what is asked, and makes changes
    meanwhile.
    """
    async for happened in life.events(after=after):
        if happened.get("taskId") != task_id:
            continue
        yield happened
        if happened["type"] in OVER:
            return
        if happened["type"] == "approval.required":
            await life.call("approval.respond", approvalId=happened["approvalId"], action="approve")
            told.approvals += (happened["approvalId"],)
        if happened["type"] == "tool.completed":
            told.offered = f"After {happened['seq']}"
            await life.call("session.update", name=told.offered)
            told.name = told.offered


async def accompany_until(
    life: Life, task_id: str, told: Acknowledged, *, after: int, number: int | None = None
) -> bool:
    """Follow the task until its n-th event (None: its end); return whether it ended before."""
    seen = 0
    async for happened in accompany(life, task_id, told, after=after):
        seen += 1
        if happened["type"] in OVER:
            return True
        if seen == number:
            return False
    raise AssertionError("a task that goes on has another event")


async def is_whole(life: Life) -> list[Happened]:
    """Check that the stored log has no gaps, and that the client has seen exactly its events."""
    stored = await life.stored()
    await life.until(lambda happened: happened["seq"] >= stored[-1]["seq"])
    assert [happened["seq"] for happened in stored] == list(range(1, len(stored) + 1))
    assert life.seen[: len(stored)] == stored
    return stored


async def nothing_acknowledged_is_lost(life: Life, told: Acknowledged) -> None:
    session = (await life.call("session.get"))["session"]
    assert session["name"] in (told.name, told.offered)
    told.name = session["name"]
    for approval_id in told.approvals:
        approval = (await life.call("approval.get", approvalId=approval_id))["approval"]
        assert approval["status"] == "approved"


def about_the_task(stored: list[Happened]) -> list[Happened]:
    return [each for each in stored if each["type"] not in OF_FOCUS]


def asked_and_open(stored: list[Happened]) -> set[str]:
    answered = {each["approvalId"] for each in stored if each["type"] == "approval.resolved"}
    return {each["approvalId"] for each in stored if each["type"] == "approval.required"} - answered


def resumable_when_answered(told: list[Happened], task_id: str, until: int) -> bool:
    """Whether the last that was told of the task until then, but for answers, is that it can be resumed."""
    kinds = [
        each["type"]
        for each in about_the_task(told)
        if each.get("taskId") == task_id and each["seq"] <= until and each["type"] != "approval.resolved"
    ]
    return kinds[-1:] == ["task.resumable"]


async def after_a_kill(life: Life, task_id: str, told: Acknowledged, before: int) -> bool:
    """Check what must hold after every restart; return whether the task had already ended.

    A jail that was being created at the kill may remain until the next start; nothing runs in it. A task that
    had not begun goes on by itself meanwhile, and may already ask.
    """
    await life.begin()
    await no_process_with("long way")
    stored = await is_whole(life)
    await nothing_acknowledged_is_lost(life, told)
    own = [each["type"] for each in about_the_task(stored) if each.get("taskId") == task_id]
    had_begun = any(each["type"] == "task.started" for each in life.seen if each["seq"] <= before)
    begins_by_itself = not had_begun and "task.resumable" not in own
    waiting = {each["id"] for each in (await life.call("approval.list", status="pending"))["data"]}
    asked = asked_and_open(stored)
    assert waiting == asked or (begins_by_itself and asked < waiting)
    task = (await life.call("task.get", taskId=task_id))["task"]
    if own[-1] in OVER:
        assert task["status"] == "completed"
        return True
    if begins_by_itself:
        return False
    assert (task["status"], task["activity"]) == ("pending", "resumable")
    if resumable_when_answered(life.seen, task_id, before):
        # Killed again before it went on: what there is to tell has been told.
        assert resumable_when_answered(stored, task_id, stored[-1]["seq"])
    else:
        assert own[-1] == "task.resumable"
        assert stored[-1]["seq"] > before
    return False


def calls_of(stored: list[Happened], kind: str) -> Counter[str]:
    return Counter(each["callId"] for each in stored if each["type"] == kind)


def each_step_was_done_once(stored: list[Happened], lines: list[str]) -> None:
    """Check that every call of the playbook ended once, and that only calls running at a kill were started
    again.
    """
    begun, ended = calls_of(stored, "tool.started"), calls_of(stored, "tool.completed")
    assert set(ended.values()) == {1}
    assert len({re.sub(r"-\d+$", "", call_id) for call_id in ended}) == len(ended) == CALLS
    for line, (step, position) in COMMANDS.items():
        attempts = {call_id for call_id in begun if call_id.startswith(f"long-way-{step}-{position}-")}
        assert all(begun[call_id] == 1 for call_id in attempts), "an interrupted command is not simply rerun"
        assert len(attempts & set(ended)) == 1
        found = lines.count(f"long way: {line}")
        assert 1 <= found <= len(attempts), (line, attempts, lines)
    assert calls_of(stored, "approval.required").most_common(1)[0][1] == 1


async def wait_for_the_end(life: Life, task_id: str, told: Acknowledged) -> None:
    stored = await is_whole(life)
    assert about_the_task(stored)[-1]["type"] in ("task.completed", "session.updated"), stored[-1]
    task = (await life.call("task.get", taskId=task_id))["task"]
    assert task["status"] == "completed", task
    assert task["result"]["summary"] == "long way is done."
    await nothing_acknowledged_is_lost(life, told)
    content = (await life.call("file.read", path="/steps.txt"))["content"]
    each_step_was_done_once(stored, content.splitlines())
    changed = (await life.call("file.read", path="/long way.md"))["content"]
    assert "nothing yet" not in changed
    restarts = [each["type"] for each in stored].count("task.resumable")
    assert restarts == [each["type"] for each in stored].count("task.resumed")


async def live_through(life: Life, numbers: Iterator[int]) -> int:
    """Run the long playbook and kill its server after these numbers of events; return the number of kills.

    The numbers must grow: lives too short for one step would never end it.
    """
    told, kills, after, is_over = Acknowledged(), 0, len(life.seen), False
    task_id = (await life.call("task.create", input="long way"))["task"]["id"]
    while not await accompany_until(life, task_id, told, after=after, number=next(numbers)):
        await life.kill()
        kills, before, after = kills + 1, life.last_seq, len(life.seen)
        is_over = await after_a_kill(life, task_id, told, before)
        if is_over:
            break
        await go_on(life, task_id)
    await wait_for_the_end(life, task_id, told)
    return kills


@pytest.mark.parametrize("first", range(1, 13, times(6, nightly=4)))
async def test_a_task_is_carried_through_kills_after_any_of_its_events(life: Life, first: int) -> None:
    kills = await live_through(life, itertools.chain([first], itertools.count(11, 3)))
    assert kills >= 4


@pytest.mark.parametrize("seed", [1, 2])
async def test_a_task_is_carried_through_kills_at_any_moment(life: Life, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - it chooses moments, not secrets
    told, task_id, is_over = Acknowledged(), "", False
    after = len(life.seen)
    task_id = (await life.call("task.create", input="long way"))["task"]["id"]
    for _ in range(KILLS):
        going = asyncio.create_task(accompany_until(life, task_id, told, after=after))
        await asyncio.wait({going}, timeout=chance.uniform(0.0, 0.5))
        is_over = going.done() and going.result()
        going.cancel()
        await asyncio.wait({going})
        await life.kill()
        after = len(life.seen)
        is_over = await after_a_kill(life, task_id, told, life.last_seq) or is_over
        if is_over:
            break
        await go_on(life, task_id)
    if not is_over:
        assert await accompany_until(life, task_id, told, after=after)
    await wait_for_the_end(life, task_id, told)


async def test_a_command_that_ran_at_the_kill_is_told_as_interrupted_and_its_step_begun_anew(
    life: Life,
) -> None:
    told = Acknowledged()
    task_id = (await life.call("task.create", input="long way"))["task"]["id"]
    async for happened in accompany(life, task_id, told, after=0):
        if happened["type"] == "tool.started" and happened["callId"] == "long-way-5-1-1":
            break
    await life.kill()
    assert not await after_a_kill(life, task_id, told, life.last_seq)
    after = len(life.seen)
    await go_on(life, task_id)
    assert await accompany_until(life, task_id, told, after=after)
    stored = await is_whole(life)
    assert calls_of(stored, "tool.started")["long-way-5-1-2"] == 1
    assert calls_of(stored, "tool.completed")["long-way-5-1-1"] == 0
    messages = (await life.call("task.messages", taskId=task_id, limit=100))["data"]
    assert any("Work stopped while `execute_command` ran" in (each.get("text") or "") for each in messages)
    await wait_for_the_end(life, task_id, told)


async def test_a_task_that_is_killed_between_its_result_and_its_end_presents_the_result_once(
    life: Life,
) -> None:
    told = Acknowledged()
    task_id = (await life.call("task.create", input="short way"))["task"]["id"]
    await life.until(lambda happened: happened.get("callId") == "short-way-2-1-1")
    await life.kill()
    if not await after_a_kill(life, task_id, told, life.last_seq):
        after = len(life.seen)
        await go_on(life, task_id)
        assert await accompany_until(life, task_id, told, after=after)
    stored = await is_whole(life)
    assert calls_of(stored, "tool.completed") == {"short-way-1-1-1": 1, "short-way-2-1-1": 1}
    assert calls_of(stored, "tool.started").keys() == {"short-way-1-1-1", "short-way-2-1-1"}
    assert (await _lines(life)) == ["short way: only"]


async def test_a_change_that_was_made_but_not_yet_told_at_the_kill_is_not_made_twice(
    life: Life, tmp_path: Path
) -> None:
    """The kill falls between the writing of the file and the storing of the result.

    Where it falls earlier, the test writes what the tool would have written.
    """
    told = Acknowledged()
    task_id = (await life.call("task.create", input="long way"))["task"]["id"]
    async for happened in accompany(life, task_id, told, after=0):
        if happened["type"] == "tool.started" and happened["callId"] == "long-way-6-1-1":
            break
    await life.kill()
    file = tmp_path / "data" / "workspaces" / life.session_id / "long way.md"
    changed = "# long way\nlong way.md, lines 1-2 of 2:\n"
    file.write_text(file.read_text().replace("nothing yet", changed.splitlines()[1]))
    assert not await after_a_kill(life, task_id, told, life.last_seq)
    after = len(life.seen)
    await go_on(life, task_id)
    assert await accompany_until(life, task_id, told, after=after)
    await wait_for_the_end(life, task_id, told)
    assert file.read_text() == changed


async def test_an_approval_that_is_open_at_the_kill_is_still_open_and_its_answer_resumes_the_task(
    life: Life,
) -> None:
    told = Acknowledged()
    task_id = (await life.call("task.create", input="long way"))["task"]["id"]
    asked = await life.until(lambda happened: happened["type"] == "approval.required")
    await life.kill()
    assert not await after_a_kill(life, task_id, told, life.last_seq)
    [approval] = (await life.call("approval.list", status="pending"))["data"]
    assert approval["id"] == asked["approvalId"]
    after = len(life.seen)
    await life.call("approval.respond", approvalId=approval["id"], action="approve")
    assert await accompany_until(life, task_id, told, after=after)
    await wait_for_the_end(life, task_id, told)
    assert calls_of(life.seen, "approval.required") == {"long-way-7-1-1": 1}


async def test_an_open_approval_that_is_refused_after_the_kill_is_refused(life: Life) -> None:
    task_id = (await life.call("task.create", input="long way"))["task"]["id"]
    asked = await life.until(lambda happened: happened["type"] == "approval.required")
    await life.kill()
    await life.begin()
    await life.call(
        "approval.respond", approvalId=asked["approvalId"], action="reject", feedback="Not today."
    )
    over = await life.until(lambda happened: happened["type"] in OVER)
    assert over["type"] == "task.failed"
    assert "Not today." in over["error"]["message"]
    assert (await life.call("task.get", taskId=task_id))["task"]["status"] == "failed"
    again = await life.ask("approval.respond", approvalId=asked["approvalId"], action="approve")
    assert again["error"]["code"] == "RESOURCE_CONFLICT"
    assert not any("three" in line for line in await _lines(life))


async def test_a_task_that_waited_for_its_turn_at_the_kill_starts_by_itself(life: Life) -> None:
    long = (await life.call("task.create", input="long way"))["task"]["id"]
    await life.until(lambda happened: happened["type"] == "approval.required")
    short = (await life.call("task.create", input="short way"))["task"]["id"]
    await life.kill()
    await life.begin()
    over = await life.until(lambda happened: happened["type"] in OVER)
    assert (over["taskId"], over["type"]) == (short, "task.completed")
    assert (await _lines(life))[-1] == "short way: only"
    assert (await life.call("task.get", taskId=long))["task"]["activity"] == "resumable"
    await is_whole(life)


async def test_an_interrupted_task_goes_on_by_itself_where_the_settings_say_so(tmp_path: Path) -> None:
    settings = {
        "ROOCODE_PROVIDERS__SCRIPTED__FOLDERS": f"[{PLAYBOOKS}]",
        "ROOCODE_AGENT__RESUME_ON_START": "true",
    }
    life = Life(ServerProcess(tmp_path / "data", settings))
    try:
        await life.begin()
        await life.open_session(provider="scripted", approvals=[{"decision": "always"}])
        await life.call("task.create", input="long way")
        await life.until(lambda happened: happened.get("callId") == "long-way-5-1-1")
        await life.kill()
        await life.begin()
        over = await life.until(lambda happened: happened["type"] in OVER)
        assert over["type"] == "task.completed", over
        each_step_ran = {line.removeprefix("long way: ") for line in await _lines(life)}
        assert each_step_ran == set(COMMANDS)
        await life.leave()
    finally:
        life.server.end()


async def test_a_kill_leaves_no_process_of_a_running_command_behind(life: Life) -> None:
    words = "sleep 4321.0"
    line = f"({words}1 & setsid {words}2 & nohup {words}3 >/dev/null 2>&1 &) ; echo begun; {words}4"
    call = asyncio.create_task(
        life.ask("tool.execute", toolName="execute_command", parameters={"command": line})
    )
    async with asyncio.timeout(DEADLINE_S):
        while len([found for found in processes_with(words) if ": sleep" in found]) < 4:
            await asyncio.sleep(0.01)
    life.server.kill()
    await no_process_with(words)
    call.cancel()
    await asyncio.wait({call})
    await life.leave()
    await life.begin()


async def test_the_next_start_ends_a_deletion_that_was_cut_short(life: Life, tmp_path: Path) -> None:
    """A deletion is told before the workspace is removed: the kill falls between the two."""
    workspace = tmp_path / "data" / "workspaces" / life.session_id
    for folder in range(200):
        (workspace / str(folder)).mkdir()
        for number in range(20):
            (workspace / str(folder) / str(number)).touch()
    deletion = asyncio.create_task(life.ask("session.delete"))
    await life.until(lambda happened: happened["type"] == "session.deleted")
    life.server.kill()
    deletion.cancel()
    await asyncio.wait({deletion})
    await life.leave()
    assert workspace.exists(), "the deletion was faster than the kill"
    deleted, life.session_id = life.session_id, ""
    await life.begin()
    assert not workspace.exists()
    answer = await life.ask("session.get", sessionId=deleted)
    assert answer["error"]["code"] == "RESOURCE_NOT_FOUND"


async def _lines(life: Life) -> list[str]:
    content: dict[str, Any] = await life.call("file.read", path="/steps.txt")
    return str(content["content"]).splitlines()
