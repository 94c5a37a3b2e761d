"""What is told to begin is told to end, also when the server is killed or the session deleted under it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.end_to_end.lives import DEADLINE_S, Life, living
from tests.support.told import open_calls, open_things


@pytest.fixture
async def life(tmp_path: Path) -> AsyncIterator[Life]:
    async with living(tmp_path) as life:
        yield life


async def several(life: Life, kind: str, count: int) -> None:
    """Wait until as many events of a kind have come."""
    async with asyncio.timeout(DEADLINE_S):
        async for _ in life.events(after=0):
            if [each["type"] for each in life.seen].count(kind) == count:
                return


async def everything_at_once(life: Life) -> asyncio.Task[object]:
    """A task's command, a direct call, a process and a terminal, all of them under way."""
    await life.call("task.create", input="54321.9")
    await several(life, "tool.started", 1)
    call = asyncio.create_task(
        life.ask("tool.execute", toolName="execute_command", parameters={"command": "sleep 1000"})
    )
    await several(life, "tool.started", 2)
    await life.call("process.start", command="sleep 1000")
    await life.call("terminal.open", command="sleep 1000")
    await several(life, "terminal.opened", 1)
    return call


async def test_what_was_under_way_at_a_kill_is_told_to_have_ended_at_the_next_start(life: Life) -> None:
    call = await everything_at_once(life)
    assert len(open_calls(life.seen)) == 2
    assert len(open_things(life.seen)) == 2
    await life.kill()
    call.cancel()
    await asyncio.wait({call})
    await life.begin()
    resumable = await life.until(lambda happened: happened["type"] == "task.resumable")
    stored = await life.stored()
    assert open_calls(stored) == set()
    assert open_things(stored) == set()
    failed = [each for each in stored if each["type"] == "tool.failed"]
    assert [each["code"] for each in failed] == ["CALL_INTERRUPTED"] * 2
    [ended] = [each["process"] for each in stored if each["type"] == "process.ended"]
    assert (ended["status"], ended["error"]) == ("failed", "The server was stopped while this ran.")
    await life.call("task.cancel", taskId=resumable["taskId"])
    assert open_calls(await life.stored()) == set()


async def test_a_second_start_tells_of_no_end_again(life: Life) -> None:
    call = await everything_at_once(life)
    for _ in range(2):
        await life.kill()
        await life.begin()
        stored = await life.stored()
    call.cancel()
    await asyncio.wait({call})
    types = [each["type"] for each in stored]
    assert [types.count(kind) for kind in ("tool.failed", "process.ended", "terminal.closed")] == [2, 1, 1]


async def test_whoever_follows_a_session_to_its_deletion_has_seen_the_end_of_everything(life: Life) -> None:
    call = await everything_at_once(life)
    await life.call("session.delete")
    last = await life.until(lambda happened: happened["type"] == "session.deleted")
    assert last == life.seen[-1]
    assert open_calls(life.seen) == set()
    assert open_things(life.seen) == set()
    types = [each["type"] for each in life.seen]
    assert types.count("task.cancelled") == 1
    answer = await call
    assert "error" in answer or answer["result"]["success"] is False
