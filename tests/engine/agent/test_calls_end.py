"""Every call that is reported to begin is reported to end, once, whatever happens to its task."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from roocode_server.models.task import Activity, TaskStatus
from tests.engine.agent.conftest import Agent, call, done
from tests.engine.agent.test_external_agents import small
from tests.support.told import open_calls

SLEEP = call("execute_command", command="sleep 1000")


async def failures(agent: Agent) -> list[tuple[str, str]]:
    return [(each["toolName"], each["code"]) for each in await agent.events("tool.failed")]


async def nothing_is_open(agent: Agent) -> None:
    assert open_calls(await agent.events()) == set()


async def test_a_call_ends_with_the_task_that_is_cancelled(agent: Agent) -> None:
    task = await agent.start([SLEEP])
    await agent.at_work()
    await agent.engine.tasks.cancel(agent.session_id, task.id)
    assert await failures(agent) == [("execute_command", "CALL_CANCELLED")]
    types = [each["type"] for each in await agent.events()]
    assert types.index("tool.failed") < types.index("task.cancelled")
    await nothing_is_open(agent)


async def test_a_call_ends_with_the_task_that_takes_too_long(agent: Agent) -> None:
    task = await agent.run([SLEEP], timeout=1)
    assert task.status is TaskStatus.FAILED
    assert await failures(agent) == [("execute_command", "CALL_ABANDONED")]
    await nothing_is_open(agent)


async def test_the_call_of_a_parent_ends_as_that_of_its_subtask_does(agent: Agent) -> None:
    spawn = call("new_task", "spawn", mode="code", message="wait")
    parent = await agent.start([spawn], [SLEEP])
    await agent.at_work(2)
    await agent.engine.tasks.cancel(agent.session_id, parent.id)
    assert await failures(agent) == [("execute_command", "CALL_CANCELLED"), ("new_task", "CALL_CANCELLED")]
    await nothing_is_open(agent)


async def test_a_cancelled_subtask_ends_the_call_of_its_parent_once(agent: Agent) -> None:
    spawn = call("new_task", "spawn", mode="code", message="wait")
    parent = await agent.start([spawn], [SLEEP], [done("alone")])
    await agent.at_work(2)
    [spawned] = await agent.events("task.spawned")
    await agent.engine.tasks.cancel(agent.session_id, spawned["childTaskId"])
    assert (await agent.finish(parent)).status is TaskStatus.COMPLETED
    await nothing_is_open(agent)


async def test_a_question_that_a_stop_cut_off_ends_and_is_asked_anew(agent: Agent) -> None:
    task = await agent.start([call("ask_followup_question", "ask", question="Which name?")])
    await agent.until(task, lambda now: now.activity is Activity.INTERACTIVE)
    again = await agent.reopen()
    assert await failures(again) == [("ask_followup_question", "CALL_INTERRUPTED")]
    await nothing_is_open(again)
    again.model.answers = [[done("named")]]
    await again.say(task, "b.txt")
    assert (await again.finish(task)).status is TaskStatus.COMPLETED
    assert [each["callId"] for each in await again.events("tool.started")][:2] == ["ask", "ask"]
    await nothing_is_open(again)


async def test_a_command_that_a_stop_cut_off_is_not_told_to_end_again_when_the_task_is(agent: Agent) -> None:
    task = await agent.start([SLEEP])
    await agent.at_work()
    again = await agent.reopen()
    await again.engine.tasks.cancel(agent.session_id, task.id)
    assert await failures(again) == [("execute_command", "CALL_INTERRUPTED")]
    await nothing_is_open(again)


@pytest.mark.parametrize(
    "wrong",
    [call("read_file", "c", nonsense=1), call("no_such_tool", "c"), call("read_file", "c", path="../../x")],
)
async def test_a_call_that_cannot_be_made_begins_and_fails(agent: Agent, wrong: object) -> None:
    await agent.run([wrong], [done()])
    [begun, *_] = await agent.events("tool.started")
    [failed] = await agent.events("tool.failed")
    assert (begun["callId"], failed["callId"], failed["code"]) == ("c", "c", "CALL_NOT_MADE")
    assert begun["seq"] + 1 == failed["seq"]
    await nothing_is_open(agent)


async def test_a_call_that_waits_for_an_approval_has_not_begun(
    make_agent: Callable[..., Awaitable[Agent]],
) -> None:
    agent = await make_agent(approvals={"command": "ask"})
    task = await agent.start([SLEEP])
    await agent.until(task, lambda now: now.activity is Activity.INTERACTIVE)
    await agent.engine.tasks.cancel(agent.session_id, task.id)
    assert [each["status"] for each in await agent.events("approval.resolved")] == ["cancelled"]
    assert await agent.events("tool.started", "tool.failed") == []


@pytest.mark.parametrize("end", ["cancel", "stop"])
async def test_a_call_of_an_external_agent_ends_with_its_task(
    make_agent: Callable[..., Awaitable[Agent]], end: str
) -> None:
    agent = await small(make_agent, "edit", edit="ask")
    task = await agent.start()
    await agent.approval(task)
    if end == "cancel":
        await agent.engine.tasks.cancel(agent.session_id, task.id)
    else:
        agent = await agent.reopen()
    code = {"cancel": "CALL_CANCELLED", "stop": "CALL_INTERRUPTED"}[end]
    assert await failures(agent) == [("edit", code)]
    await nothing_is_open(agent)


async def test_a_call_that_an_external_agent_leaves_open_ends_with_its_task(
    make_agent: Callable[..., Awaitable[Agent]],
) -> None:
    agent = await small(make_agent, "read")
    task = await agent.run()
    assert task.status is TaskStatus.COMPLETED
    assert await failures(agent) == [("read", "CALL_ABANDONED")]
    await nothing_is_open(agent)
