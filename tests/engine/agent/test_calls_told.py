"""What people are told about calls that succeeded or failed; when a task may complete or repeats itself."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from roocode_server.engine.providers.provider import CallDelta, Stopped
from roocode_server.models.task import Activity, TaskSay, TaskStatus
from tests.engine.agent.conftest import Agent, call, done, say

Make = Callable[..., Awaitable[Agent]]
PICTURE = "data:image/png;base64,iVBORw0KGgo="


def written(tool: str, call_id: str, **arguments: Any) -> list[Any]:
    """A call that people see while it is being written."""
    text = json.dumps(arguments)
    return [CallDelta(call_id=call_id, tool_name=tool, arguments=text), call(tool, call_id, **arguments)]


async def kinds(agent: Agent) -> list[str]:
    """Return the messages of a session by kind and tool."""
    told = [each["message"] for each in await agent.events("message.created")]
    names = {each["text"]: json.loads(each["text"])["tool"] for each in told if each.get("say") == "tool"}
    return [names.get(each["text"], each.get("say") or each.get("ask")) for each in told]


async def test_the_end_of_a_task_is_told_as_finish_task(agent: Agent) -> None:
    await agent.run([call("new_task", "spawn", mode="code", message="a part")], [done("part")], [done()])
    told = await kinds(agent)
    assert told.count("finishTask") == 2
    assert told[-2:] == ["finishTask", "completion_result"]


@pytest.mark.parametrize(
    ("given", "rules"),
    [
        ({"path": "a.txt", "content": "x\n"}, [{"decision": "never", "path": "a.txt"}]),
        ({"path": "a.txt", "content": "x\n", "line_count": 100}, []),
        ({"path": "a.txt"}, []),
        ({"path": "../a.txt", "content": "x"}, []),
        ({"path": "folder", "content": "x"}, []),
    ],
)
async def test_a_call_that_was_not_done_is_told_as_an_error_and_a_failure(
    make_agent: Make, given: dict[str, Any], rules: list[dict[str, Any]]
) -> None:
    agent = await make_agent(None, {"approvals": rules})
    agent.write("folder/b.txt", "")
    task = await agent.run(written("write_to_file", "w", **given), [done()])
    assert task.tool_usage["write_to_file"].failures == 1
    [failed] = await agent.events("tool.failed")
    assert failed["toolName"] == "write_to_file"
    told = await kinds(agent)
    assert "newFileCreated" not in told
    assert "error" in told
    [error] = await agent.messages("error")
    assert error == f"write_to_file: {failed['error']}"


async def test_a_command_that_a_rule_allowed_is_in_the_history(agent: Agent) -> None:
    await agent.run([call("execute_command", command="echo hi")], [done()])
    assert await agent.messages("command") == ["echo hi"]
    told = await kinds(agent)
    assert told.index("command") < told.index("command_output")


async def test_a_command_that_a_person_allowed_is_in_it_once(make_agent: Make) -> None:
    agent = await make_agent(approvals={"command": "ask"})
    task = await agent.start([call("execute_command", command="echo hi")], [done()])
    await agent.answer(task, "approve")
    await agent.finish(task)
    assert await agent.messages("command") == ["echo hi"]


async def test_a_picture_in_an_answer_reaches_the_model(agent: Agent) -> None:
    task = await agent.start([call("ask_followup_question", question="Which?")], [done()])
    await agent.until(task, lambda now: now.activity is Activity.INTERACTIVE)
    raw = {"sessionId": task.session_id, "taskId": task.id, "text": "this", "images": [PICTURE]}
    await agent.engine.tasks.say(agent.caller, TaskSay.load(raw))
    await agent.finish(task)
    last = agent.model.requests[-1].turns[-1]
    assert (last.text, list(last.images)) == ("this", [PICTURE])


@pytest.mark.parametrize("is_first", [True, False])
async def test_a_task_is_not_completed_beside_a_call_that_failed(agent: Agent, is_first: bool) -> None:
    calls = [done("all is well"), call("execute_command", command="exit 1")]
    task = await agent.run(calls if is_first else calls[::-1], [done("it failed")])
    assert task.status is TaskStatus.COMPLETED
    assert task.result is not None
    assert task.result.summary == "it failed"
    assert "was not completed" in agent.model.requests[-1].turns[-1].text


async def test_a_task_is_completed_beside_calls_that_were_done(agent: Agent) -> None:
    task = await agent.run([done("done"), call("write_to_file", path="a.txt", content="x\n")])
    assert task.status is TaskStatus.COMPLETED
    assert agent.read("a.txt") == "x\n"


async def test_somebody_is_asked_about_a_model_that_makes_one_call_again_and_again(agent: Agent) -> None:
    again = [[call("list_files", f"list-{n}", path=".")] for n in range(6)]
    task = await agent.start(*again, [done()])
    await agent.answer(task, "approve")
    assert len(agent.model.requests) == 3
    await agent.until(
        task, lambda now: now.activity is Activity.ACTIVE or now.status is not TaskStatus.RUNNING
    )
    await agent.until(task, lambda now: now.iterations == 6)
    await agent.answer(task, "reject")
    ended = await agent.finish(task)
    assert ended.error is not None
    assert ended.error.code == "MISTAKE_LIMIT"
    assert (await agent.messages("mistake_limit_reached"))[0].startswith("The agent has made the same call 3")


async def test_different_calls_in_turn_are_no_repetition(agent: Agent) -> None:
    steps = [[call("list_files", f"list-{n}", path=".", recursive=bool(n % 2))] for n in range(8)]
    assert (await agent.run(*steps, [done()])).status is TaskStatus.COMPLETED


async def test_a_refusal_of_the_model_ends_the_task_with_its_words(agent: Agent) -> None:
    task = await agent.run([say("I will not do that."), Stopped(reason="refusal")])
    assert task.status is TaskStatus.FAILED
    assert task.error is not None
    assert task.error.code == "MODEL_REFUSED"
    assert "I will not do that." in task.error.message
    assert len(agent.model.requests) == 1
