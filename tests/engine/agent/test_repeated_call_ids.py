"""Models that use one id for several calls: each call is asked about, told and answered by itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from roocode_server.engine.providers.provider import CallDelta
from roocode_server.models.approval import ApprovalRespond
from roocode_server.models.task import Task, TaskStatus
from tests.engine.agent.conftest import Agent, call, done

ASKING = {"command": "ask"}


async def answer_next(agent: Agent, task: Task, action: str) -> None:
    """Answer the next approval, once it is asked for."""
    asked = await agent.approval(task)
    raw = {"sessionId": task.session_id, "approvalId": asked.id, "action": action}
    await agent.engine.tasks.respond(agent.caller, ApprovalRespond.load(raw))


async def test_an_approval_does_not_count_for_a_later_call_with_the_same_id(
    make_agent: Callable[..., Awaitable[Agent]],
) -> None:
    agent = await make_agent(approvals=ASKING)
    task = await agent.start(
        [call("execute_command", "same", command="touch first")],
        [call("execute_command", "same", command="touch second")],
        [done()],
    )
    await answer_next(agent, task, "approve")
    await answer_next(agent, task, "reject")
    assert (await agent.finish(task)).status is TaskStatus.COMPLETED
    asked = await agent.events("approval.required")
    assert [each["parameters"]["command"] for each in asked] == ["touch first", "touch second"]
    folder = agent.engine.sessions.workspace(agent.session_id).folder
    assert [file.name for file in folder.iterdir()] == ["first"]


async def test_an_approval_does_not_count_for_another_call_of_the_same_answer(
    make_agent: Callable[..., Awaitable[Agent]],
) -> None:
    agent = await make_agent(approvals=ASKING)
    task = await agent.start(
        [
            call("execute_command", "same", command="touch first"),
            call("execute_command", "same", command="touch second"),
        ],
        [done()],
    )
    await answer_next(agent, task, "approve")
    await answer_next(agent, task, "reject")
    await agent.finish(task)
    assert len(await agent.events("approval.required")) == 2


async def test_a_call_whose_id_is_taken_is_told_under_one_of_its_own(agent: Agent) -> None:
    arguments = '{"command": "echo 2"}'
    written = CallDelta(call_id="same", tool_name="execute_command", arguments=arguments)
    task = await agent.run(
        [call("execute_command", "same", command="echo 1")],
        [written, call("execute_command", "same", command="echo 2")],
        [done()],
    )
    assert task.status is TaskStatus.COMPLETED
    started = [told["callId"] for told in await agent.events("tool.started")]
    completed = [told["callId"] for told in await agent.events("tool.completed")]
    assert started == completed
    assert len(set(started)) == len(started)
    assert started[0] == "same"
