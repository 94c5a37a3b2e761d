"""Sessions that nobody watches: each kind of question ends as the session's policy says, and no later."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from roocode_server.engine.providers.provider import ProviderFailure
from roocode_server.models.error import InvalidField
from roocode_server.models.session import SessionCreate
from roocode_server.models.task import TaskStatus
from tests.engine.agent.conftest import Agent, Answer, call, done

Make = Callable[..., Awaitable[Agent]]
ASKING = dict.fromkeys(["read", "edit", "command", "modes", "mcp", "browser"], "ask")
SOON = 0.05

QUESTIONS: dict[str, Answer] = {
    "read": [call("read_file", path="a.txt")],
    "edit": [call("write_to_file", path="b.txt", content="b", line_count=1)],
    "command": [call("execute_command", command="touch c.txt")],
    "modes": [call("switch_mode", mode_slug="debug", reason="why not")],
    "mcp": [call("use_mcp_tool", server_name="none", tool_name="none", arguments={})],
    "browser": [call("browser_action", action="launch", url="http://127.0.0.1:1")],
    "question": [call("ask_followup_question", question="Which?", follow_up=["This", "That"])],
}
"""For each kind an answer of the model that leads to such a question."""


async def unattended(make_agent: Make, policy: dict[str, Any], **agent: Any) -> Agent:
    made = await make_agent(agent, {"unattendedPolicy": policy}, approvals=ASKING)
    made.write("a.txt", "a")
    return made


def then(what: str, after: float = SOON, **answer: str) -> dict[str, Any]:
    return {"after": after, "then": what, **answer}


async def told(agent: Agent) -> str:
    """What the model was told after its first answer."""
    return agent.model.requests[1].turns[-1].text


@pytest.mark.parametrize("after", [0, SOON])
@pytest.mark.parametrize("kind", [kind for kind in QUESTIONS if kind != "question"])
async def test_what_nobody_answers_is_refused_and_the_agent_told_why(
    make_agent: Make, kind: str, after: float
) -> None:
    agent = await unattended(make_agent, {kind: then("refuse", after, answer="Ask in the morning.")})
    task = await agent.run(QUESTIONS[kind], [done()])
    assert task.status is TaskStatus.COMPLETED
    assert "Ask in the morning." in await told(agent)
    [resolved] = await agent.events("approval.resolved")
    assert (resolved["status"], "resolvedBy" in resolved) == ("rejected", False)
    assert resolved["feedback"] in await told(agent)


@pytest.mark.parametrize("after", [0, SOON])
@pytest.mark.parametrize("kind", ["read", "edit", "command", "modes"])
async def test_what_nobody_answers_is_allowed_where_the_policy_says_so(
    make_agent: Make, kind: str, after: float
) -> None:
    agent = await unattended(make_agent, {kind: then("allow", after)})
    task = await agent.run(QUESTIONS[kind], [done()])
    assert task.status is TaskStatus.COMPLETED
    [resolved] = await agent.events("approval.resolved")
    assert resolved["status"] == "approved"
    assert "policy" in resolved["feedback"]
    [completed, *_] = await agent.events("tool.completed")
    assert completed["result"]["success"]


@pytest.mark.parametrize("after", [0, SOON])
@pytest.mark.parametrize("kind", list(QUESTIONS))
async def test_a_task_that_is_not_to_go_on_ends_with_a_code(
    make_agent: Make, kind: str, after: float
) -> None:
    agent = await unattended(make_agent, {kind: then("fail", after)})
    task = await agent.run(QUESTIONS[kind])
    assert (task.status, task.error and task.error.code) == (TaskStatus.FAILED, "NOBODY_ANSWERED")


@pytest.mark.parametrize(
    ("policy", "heard"),
    [
        (then("answer", answer="Whichever is cheaper."), "Whichever is cheaper."),
        (then("answer", 0, answer="Whichever is cheaper."), "Whichever is cheaper."),
        (then("allow"), "This"),
        (then("refuse"), "Nobody is there to answer"),
        (then("refuse", 0), "Nobody is there to answer"),
    ],
)
async def test_a_question_of_the_agent_is_answered_for_nobody(
    make_agent: Make, policy: dict[str, Any], heard: str
) -> None:
    agent = await unattended(make_agent, {"question": policy})
    task = await agent.run(QUESTIONS["question"], [done()])
    assert task.status is TaskStatus.COMPLETED
    assert heard in await told(agent)


async def test_a_person_who_is_quicker_decides(make_agent: Make) -> None:
    agent = await unattended(make_agent, {"command": then("fail", 3600)})
    task = await agent.start(QUESTIONS["command"], [done()])
    await agent.answer(task, "approve")
    assert (await agent.finish(task)).status is TaskStatus.COMPLETED
    [asked] = await agent.events("approval.required")
    assert asked["unanswered"] == {"after": 3600.0, "then": "fail"}


@pytest.mark.parametrize(("what", "code"), [("refuse", "MISTAKE_LIMIT"), ("fail", "NOBODY_ANSWERED")])
async def test_a_run_of_mistakes_ends_the_task(make_agent: Make, what: str, code: str) -> None:
    agent = await unattended(make_agent, {"mistakes": then(what)}, mistake_limit=1)
    task = await agent.run([call("no_such_tool")])
    assert (task.status, task.error and task.error.code) == (TaskStatus.FAILED, code)


async def test_a_run_of_mistakes_is_allowed(make_agent: Make) -> None:
    agent = await unattended(make_agent, {"mistakes": then("allow", 0)}, mistake_limit=1)
    task = await agent.run([call("no_such_tool")], [done()])
    assert task.status is TaskStatus.COMPLETED


FAILURE = ProviderFailure("REQUEST_REFUSED", "no")


async def test_a_failed_request_is_made_again_a_bounded_number_of_times(make_agent: Make) -> None:
    agent = await unattended(make_agent, {"failedRequest": then("allow", 0)})
    task = await agent.run([FAILURE], [FAILURE], [done()])
    assert task.status is TaskStatus.COMPLETED
    task = await agent.run(*[[FAILURE]] * 20)
    assert (task.status, task.error and task.error.code) == (TaskStatus.FAILED, "REQUEST_REFUSED")
    assert len(agent.model.answers) == 9  # of the twenty


async def test_more_than_the_automatic_limit_is_allowed(make_agent: Make) -> None:
    auto = {"autoApprovalEnabled": True, "alwaysAllowReadOnly": True, "allowedMaxRequests": 1}
    agent = await make_agent(
        config={"autoApproval": auto, "unattendedPolicy": {"budget": then("allow")}}, approvals=ASKING
    )
    agent.write("a.txt", "a")
    task = await agent.run(QUESTIONS["read"], QUESTIONS["read"], [done()])
    assert task.status is TaskStatus.COMPLETED


async def test_a_task_that_waited_when_the_server_stopped_ends_as_its_policy_says(make_agent: Make) -> None:
    agent = await unattended(make_agent, {"command": then("refuse", 1)})
    task = await agent.start(QUESTIONS["command"])
    await agent.until(task, lambda now: now.activity == "interactive")
    agent = await agent.reopen()
    agent.model.answers.append([done("without it")])
    ended = await agent.finish(task)
    assert ended.result is not None
    assert ended.result.summary == "without it"
    assert [each["status"] for each in await agent.events("approval.resolved")] == ["rejected"]


@pytest.mark.parametrize(
    ("policy", "field"),
    [
        ({"question": then("answer")}, "config.unattendedPolicy.question.answer"),
        ({"failedRequest": then("answer", answer="no")}, "config.unattendedPolicy.failedRequest.then"),
    ],
)
async def test_a_policy_without_its_answer_is_refused(
    agent: Agent, policy: dict[str, Any], field: str
) -> None:
    wanted = SessionCreate.load({"config": {"unattendedPolicy": policy}})
    with pytest.raises(InvalidField) as refusal:
        await agent.engine.sessions.create(agent.caller, wanted)
    assert field in str(refusal.value.details)
