"""Answers that stay: what a person has decided once is a rule of the session, or of all their sessions."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from roocode_server.models.approval import Approval, ApprovalRespond, ApprovalStatus, Remember
from roocode_server.models.error import InvalidField, NotFound
from roocode_server.models.rule import RuleList
from roocode_server.models.session import SessionCreate
from roocode_server.models.task import Task, TaskStatus
from tests.engine.agent.conftest import Agent, call, done

Make = Callable[..., Awaitable[Agent]]
ASKING = {"command": "ask", "edit": "ask"}


async def answer(agent: Agent, task: Task, action: str, remember: str) -> Approval:
    asked = await agent.approval(task)
    raw = {"sessionId": task.session_id, "approvalId": asked.id, "action": action, "remember": remember}
    return await agent.engine.tasks.respond(agent.caller, ApprovalRespond.load(raw))


def echo(number: int) -> Any:
    return call("execute_command", f"c{number}", command=f"git status -u{number}")


def write(path: str, content: str) -> Any:
    return call("write_to_file", f"{path}-{content}", path=path, content=content, line_count=1)


async def asked(agent: Agent) -> int:
    return len(await agent.events("approval.required"))


async def test_an_approval_is_remembered_in_the_session_also_by_the_task_at_work(make_agent: Make) -> None:
    agent = await make_agent(approvals=ASKING)
    task = await agent.start([echo(1)], [echo(2)], [done()])
    resolved = await answer(agent, task, "approve", "session")
    assert (resolved.status, resolved.remembered) == (ApprovalStatus.APPROVED, Remember.SESSION)
    await agent.finish(task)
    assert await asked(agent) == 1
    session = await agent.engine.sessions.get(agent.session_id)
    assert [rule.command for rule in session.config.approvals] == ["git status"]
    [updated] = await agent.events("session.updated")
    assert updated["changed"] == ["config.approvals"]
    assert (await agent.events("approval.resolved"))[0]["remembered"] == "session"


async def test_a_refusal_is_remembered_too(make_agent: Make) -> None:
    agent = await make_agent(approvals=ASKING)
    task = await agent.start([write("a.txt", "1")], [write("a.txt", "2")], [write("b.txt", "3")], [done()])
    await answer(agent, task, "reject", "session")
    third = await agent.approval(task)
    assert third.parameters["path"] == "b.txt"
    await answer(agent, task, "approve", "once")
    await agent.finish(task)
    assert "forbids" in agent.model.requests[2].turns[-1].text


async def test_what_is_remembered_always_holds_in_other_sessions_until_it_is_taken_back(
    make_agent: Make,
) -> None:
    agent = await make_agent(approvals=ASKING)
    task = await agent.start([write("a.txt", "1")], [done()])
    await answer(agent, task, "approve", "always")
    await agent.finish(task)
    config = {"provider": agent.model.name, "model": "any"}
    agent.session_id = (
        await agent.engine.sessions.create(agent.caller, SessionCreate.load({"config": config}))
    ).id
    await agent.run([write("a.txt", "2")], [done()])
    assert await asked(agent) == 0
    rules, total = await agent.engine.standing_rules.page(agent.caller.user_id, RuleList())
    assert total == 1
    assert (rules[0].rule.group, rules[0].rule.path) == ("edit", "/a.txt")
    await agent.engine.standing_rules.remove(agent.caller.user_id, rules[0].id)
    task = await agent.start([write("a.txt", "3")], [done()])
    await answer(agent, task, "approve", "once")
    assert (await agent.finish(task)).status is TaskStatus.COMPLETED
    with pytest.raises(NotFound):
        await agent.engine.standing_rules.remove(agent.caller.user_id, rules[0].id)


async def test_a_rule_of_the_session_decides_over_a_standing_one(make_agent: Make) -> None:
    agent = await make_agent(
        config={"approvals": [{"decision": "ask", "group": "edit", "path": "a.txt"}]}, approvals=ASKING
    )
    task = await agent.start([write("a.txt", "1")], [write("a.txt", "2")], [done()])
    assert (await agent.approval(task)).rules != []
    await answer(agent, task, "approve", "always")
    await answer(agent, task, "approve", "once")
    await agent.finish(task)
    assert await asked(agent) == 2


@pytest.mark.parametrize("remember", ["session", "always"])
async def test_a_question_without_a_rule_is_answered_once_or_not_at_all(
    make_agent: Make, remember: str
) -> None:
    agent = await make_agent(approvals=ASKING)
    task = await agent.start([call("execute_command", command="sh -c id")], [done()])
    assert (await agent.approval(task)).rules == []
    with pytest.raises(InvalidField):
        await answer(agent, task, "approve", remember)
    assert (await agent.approval(task)).status is ApprovalStatus.PENDING
    await answer(agent, task, "reject", "once")
    await agent.finish(task)


@pytest.mark.parametrize("path", ["a b.txt", "#a", "!a", "[a]", "*.txt", "folder/b?.txt"])
async def test_the_rule_of_a_file_is_for_that_file_alone(make_agent: Make, path: str) -> None:
    agent = await make_agent(approvals=ASKING)
    task = await agent.start([write(path, "1")], [write(path, "2")], [write("other.txt", "3")], [done()])
    await answer(agent, task, "approve", "session")
    third = await agent.approval(task)
    assert third.parameters["path"] == "other.txt"
    await answer(agent, task, "approve", "once")
    await agent.finish(task)
    assert await asked(agent) == 2


async def test_a_protected_file_is_covered_by_a_rule_that_names_it(make_agent: Make) -> None:
    agent = await make_agent(approvals=ASKING)
    task = await agent.start(
        [write("AGENTS.md", "1")], [write("AGENTS.md", "2")], [write(".roomodes", "")], [done()]
    )
    await answer(agent, task, "approve", "session")
    third = await agent.approval(task)
    assert third.parameters["path"] == ".roomodes"
    await answer(agent, task, "reject", "once")
    await agent.finish(task)
