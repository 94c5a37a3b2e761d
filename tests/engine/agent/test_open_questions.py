"""A new rule answers the questions that are open already, if it would have kept them from being asked."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import pytest

from roocode_server.models.approval import ApprovalRespond, ApprovalRule, ApprovalStatus
from roocode_server.models.error import Conflict
from roocode_server.models.session import SessionCreate, SessionUpdate
from roocode_server.models.task import TaskStatus
from tests.engine.agent.conftest import Agent, call, done
from tests.engine.agent.test_remembered_answers import ASKING, answer, echo, write

Make = Callable[..., Awaitable[Agent]]
MANY = {"concurrentTasks": 3}


async def add_rule(agent: Agent, **rule: str) -> None:
    """Make a rule of the session with `session.update`."""
    raw = {"sessionId": agent.session_id, "config": {"approvals": [rule]}}
    await agent.engine.sessions.update(SessionUpdate.load(raw))


async def test_an_answer_that_is_remembered_answers_what_else_it_covers(make_agent: Make) -> None:
    agent = await make_agent(approvals=ASKING, config=MANY)
    first = await agent.start([echo(1)])
    await agent.approval(first)
    second = await agent.start([echo(2)])
    covered = await agent.approval(second)
    third = await agent.start([call("execute_command", command="git status; sh -c id")])
    await agent.approval(third)
    agent.model.answers += [[done()], [done()], [done()]]
    await answer(agent, first, "approve", "session")
    assert (await agent.finish(second)).status is TaskStatus.COMPLETED
    await agent.finish(first)
    by_rule = await agent.engine.approvals.find(agent.session_id, covered.id)
    assert (by_rule.status, by_rule.resolved_by) == (ApprovalStatus.APPROVED, None)
    assert by_rule.by_rule == ApprovalRule.load({"decision": "always", "command": "git status"})
    told = [each for each in await agent.events("approval.resolved") if each["approvalId"] == covered.id]
    assert [each["byRule"] for each in told] == [{"decision": "always", "command": "git status"}]
    assert (await agent.approval(third)).status is ApprovalStatus.PENDING
    await answer(agent, third, "reject", "once")
    await agent.finish(third)


async def test_a_refusal_that_is_remembered_refuses_what_is_open_and_tells_the_agent(
    make_agent: Make,
) -> None:
    agent = await make_agent(approvals=ASKING, config=MANY)
    first = await agent.start([write("a.txt", "1")])
    await agent.approval(first)
    second = await agent.start([write("a.txt", "2")])
    await agent.approval(second)
    agent.model.answers += [[done()], [done()]]
    await answer(agent, first, "reject", "session")
    await agent.finish(first)
    await agent.finish(second)
    assert any("made meanwhile forbids" in request.turns[-1].text for request in agent.model.requests)


async def test_a_rule_for_always_answers_in_the_other_sessions_of_the_person(make_agent: Make) -> None:
    agent = await make_agent(approvals=ASKING, config=MANY)
    there = await agent.start([write("a.txt", "1")])
    await agent.approval(there)
    config = {"provider": agent.model.name, "model": "any"}
    elsewhere = await agent.engine.sessions.create(agent.caller, SessionCreate.load({"config": config}))
    agent.session_id = elsewhere.id
    here = await agent.start([write("a.txt", "2")])
    await agent.approval(here)
    agent.model.answers += [[done()], [done()]]
    await answer(agent, here, "approve", "always")
    assert (await agent.finish(there)).status is TaskStatus.COMPLETED
    await agent.finish(here)


async def test_a_rule_for_everything_does_not_answer_for_a_protected_file(make_agent: Make) -> None:
    agent = await make_agent(approvals=ASKING, config=MANY)
    guarded = await agent.start([write("AGENTS.md", "1")])
    await agent.approval(guarded)
    plain = await agent.start([write("a.txt", "1")])
    await agent.approval(plain)
    agent.model.answers += [[done()], [done()]]
    await add_rule(agent, decision="always")
    assert (await agent.finish(plain)).status is TaskStatus.COMPLETED
    assert (await agent.approval(guarded)).status is ApprovalStatus.PENDING
    await add_rule(agent, decision="always", path="AGENTS.md")
    assert (await agent.finish(guarded)).status is TaskStatus.COMPLETED


async def test_a_rule_that_was_made_while_the_task_was_interrupted_answers_when_it_goes_on(
    make_agent: Make,
) -> None:
    agent = await make_agent(approvals=ASKING, config=MANY)
    task = await agent.start([echo(1)])
    asked = await agent.approval(task)
    agent = await agent.reopen()
    await add_rule(agent, decision="always", command="git")
    agent.model.answers += [[done()]]
    await agent.engine.tasks.resume(agent.session_id, task.id)
    assert (await agent.finish(task)).status is TaskStatus.COMPLETED
    told = [each["approvalId"] for each in await agent.events("approval.resolved")]
    assert told == [asked.id]


@pytest.mark.parametrize("moment", range(5))
async def test_a_rule_and_a_person_at_the_same_moment_give_one_answer(make_agent: Make, moment: int) -> None:
    agent = await make_agent(approvals=ASKING, config=MANY)
    task = await agent.start([echo(1)])
    asked = await agent.approval(task)
    agent.model.answers += [[done()]]

    async def respond() -> None:
        for _ in range(moment * 4):
            await asyncio.sleep(0)
        raw = {"sessionId": agent.session_id, "approvalId": asked.id, "action": "reject"}
        with contextlib.suppress(Conflict):
            await agent.engine.tasks.respond(agent.caller, ApprovalRespond.load(raw))

    await asyncio.gather(add_rule(agent, decision="always", command="git"), respond())
    await agent.finish(task)
    [told] = await agent.events("approval.resolved")
    assert (told["status"] == "approved") == ("byRule" in told)
