"""A task works on for a moment while its session is deleted: nobody is told that it failed."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import structlog

from roocode_server.engine.agent.tasks import Tasks
from roocode_server.models.error import NotFound
from roocode_server.models.identifier import SessionId
from tests.engine.agent.conftest import Agent, call, done

UNTIL_GO = call("execute_command", command="echo begun > begun; until [ -e go ]; do sleep 0.05; done")


async def is_gone(agent: Agent) -> bool:
    try:
        await agent.engine.sessions.get(agent.session_id)
    except NotFound:
        return True
    return False


async def test_a_step_that_no_longer_finds_its_session_is_no_defect(
    agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_end, end_all = asyncio.Event(), Tasks._end_all

    async def held(tasks: Tasks, session_id: SessionId) -> Any:
        await may_end.wait()
        return await end_all(tasks, session_id)

    monkeypatch.setattr(Tasks, "_end_all", held)
    folder = agent.engine.sessions.workspace(agent.session_id).folder
    with structlog.testing.capture_logs() as lines:
        task = await agent.start([UNTIL_GO], [done()])
        async with asyncio.timeout(30):
            while not (folder / "begun").exists():
                await asyncio.sleep(0.01)
            deleting = asyncio.create_task(agent.engine.sessions.delete(agent.session_id))
            while not await is_gone(agent):
                await asyncio.sleep(0.01)
            agent.write("go", "")
            while agent.engine.tasks._runner.is_driving(task.id):
                await asyncio.sleep(0.01)
        assert await agent.events("task.failed") == []
        may_end.set()
        await deleting
    assert [line for line in lines if line["log_level"] in ("warning", "error")] == []
    assert "the session of a task is being deleted" in [line["event"] for line in lines]
