"""Approvals expire, even while the server is down."""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from roocode_server.models.approval import Approval, ApprovalRespond, ApprovalStatus
from roocode_server.models.clock import now
from roocode_server.models.error import Conflict
from roocode_server.models.task import Activity, Task, TaskStatus
from tests.engine.agent.conftest import Agent, call, done

Make = Callable[..., Awaitable[Agent]]


async def waiting(make_agent: Make) -> tuple[Agent, Task, Approval]:
    """Start a task that asks for approval to write."""
    agent = await make_agent(approvals={"edit": "ask"})
    task = await agent.start([call("write_to_file", path="a.txt", content="x\n")], [done()])
    await agent.until(task, lambda each: each.activity is Activity.INTERACTIVE)
    [asked] = await agent.engine.approvals.pending(task.id)
    return agent, task, asked


async def overdue(agent: Agent, asked: Approval) -> None:
    """Let the approval expire."""
    past = dataclasses.replace(asked, expires_at=now() - timedelta(seconds=1))
    async with agent.engine.database.transaction() as unit:
        await agent.engine.approvals._repository.save(unit, past)


async def approve(agent: Agent, asked: Approval) -> None:
    raw = {"sessionId": agent.session_id, "approvalId": asked.id, "action": "approve"}
    await agent.engine.tasks.respond(agent.caller, ApprovalRespond.load(raw))


async def test_what_expired_while_no_server_ran_cannot_be_approved(make_agent: Make) -> None:
    agent, task, asked = await waiting(make_agent)
    await overdue(agent, asked)
    again = await agent.reopen()
    with pytest.raises(Conflict):
        await approve(again, asked)
    found = await again.engine.approvals.find(again.session_id, asked.id)
    assert found.status is ApprovalStatus.EXPIRED
    again.model.answers += [[done()]]
    await again.engine.tasks.resume(again.session_id, task.id)
    assert (await again.finish(task)).status is TaskStatus.COMPLETED
    assert "Nobody answered in time" in again.model.requests[-1].turns[-1].text
    assert [each["status"] for each in await again.events("approval.resolved")] == ["expired"]


async def test_what_expires_while_its_task_is_interrupted_cannot_be_approved(make_agent: Make) -> None:
    agent, task, asked = await waiting(make_agent)
    again = await agent.reopen()
    await overdue(again, asked)
    with pytest.raises(Conflict, match="expired"):
        await approve(again, asked)
    again.model.answers += [[done()]]
    await again.say(task, "go on")
    assert (await again.finish(task)).status is TaskStatus.COMPLETED
