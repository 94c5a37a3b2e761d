"""Budgets: what a task and its subtasks may cost, use and ask for, and by when they must have ended."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from roocode_server.engine.providers.provider import ProviderFailure
from roocode_server.models.error import ValidationFailed
from roocode_server.models.session import SessionUpdate
from roocode_server.models.task import Activity, Task, TaskRef, TaskStatus
from tests.engine.agent.conftest import Agent, call, done, say, usage

Make = Callable[..., Awaitable[Agent]]
PRICED = {"model": "claude-sonnet-4-5"}
BROKEN = ProviderFailure("MODEL_OVERLOADED", "busy", retryable=True)


def look(number: int) -> Any:
    return call("list_files", f"list-{number}", path=".", recursive=bool(number % 2))


def delegate(number: int = 0) -> list[Any]:
    return [call("new_task", f"call-{number}", mode="code", message="a part"), usage(10, 10)]


def exceeded(task: Task) -> dict[str, Any]:
    assert task.status is TaskStatus.FAILED
    assert task.error is not None
    assert task.error.code == "BUDGET_EXCEEDED", task.error
    assert task.error.details is not None
    return task.error.details


@pytest.mark.parametrize(
    ("budget", "limit", "used"),
    [("maxCost", 0.01, 0.012), ("maxTokens", 250, 300), ("maxRequests", 3, 3)],
)
async def test_a_task_stops_before_the_request_that_its_budget_does_not_pay_for(
    make_agent: Make, budget: str, limit: float, used: float
) -> None:
    agent = await make_agent(None, PRICED)
    steps = [[look(number), usage(60, 40, cost=0.004)] for number in range(3)]
    task = await agent.run(*steps, **{budget: limit})
    assert exceeded(task) == {"budget": budget, "used": pytest.approx(used), "limit": limit}
    [told] = await agent.events("task.failed")
    assert told["error"]["details"]["budget"] == budget


async def test_a_task_that_completes_with_its_last_request_is_complete(agent: Agent) -> None:
    task = await agent.run([look(0), usage(50, 50)], [done(), usage(50, 50)], maxRequests=2, maxTokens=100)
    assert exceeded(task)["budget"] == "maxTokens"
    task = await agent.run([look(0), usage(50, 50)], [done(), usage(50, 50)], maxRequests=2, maxTokens=101)
    assert task.status is TaskStatus.COMPLETED


async def test_subtasks_at_any_depth_use_the_same_budget(agent: Agent) -> None:
    task = await agent.run(delegate(), delegate(1), [look(0), usage(10, 10)], maxTokens=60)
    assert exceeded(task) == {"budget": "maxTokens", "used": 60, "limit": 60}
    assert len(agent.model.requests) == 3
    assert len(await agent.events("task.failed")) == 3


async def test_requests_that_failed_count_and_are_not_repeated_beyond_the_budget(make_agent: Make) -> None:
    agent = await make_agent({"request_attempts": 5})
    task = await agent.run([usage(30, 1), BROKEN], [usage(30, 1), BROKEN], maxRequests=2)
    assert exceeded(task)["used"] == 2
    assert (task.usage.total_requests, task.usage.total_tokens_in) == (2, 60)


async def test_a_request_that_fails_for_good_is_counted(agent: Agent) -> None:
    task = await agent.run([usage(30, 1), ProviderFailure("REQUEST_REFUSED", "no")])
    assert task.status is TaskStatus.FAILED
    assert (task.usage.total_requests, task.usage.total_tokens_in) == (1, 30)


async def test_a_summary_counts_and_is_not_asked_for_beyond_the_budget(make_agent: Make) -> None:
    agent = await make_agent({"condense_percent": 50})
    full = usage(100_000, 10)
    summary = [say("What came so far."), usage(100_000, 500)]
    task = await agent.run([look(0), full], summary, [done(), usage(10, 10)], maxRequests=3)
    assert task.status is TaskStatus.COMPLETED
    assert (task.usage.total_requests, task.usage.total_tokens_in) == (3, 200_010)
    before = len(agent.model.requests)
    task = await agent.run([look(0), full], maxTokens=100_000)
    assert exceeded(task)["used"] == 100_010
    assert len(agent.model.requests) == before + 1


async def test_an_answer_is_asked_to_be_no_longer_than_the_budget_pays_for(make_agent: Make) -> None:
    agent = await make_agent(None, PRICED)
    await agent.run([look(0), usage(600, 100)], [done()], maxTokens=1000)
    assert [each.max_tokens for each in agent.model.requests] == [1000, 300]
    agent.model.requests.clear()
    await agent.run([look(0), usage(0, 0, cost=0.985)], [done()], maxCost=1.0)
    assert agent.model.requests[-1].max_tokens == 1000  # 15 US dollars for a million
    agent.model.requests.clear()
    await agent.run([look(0), usage(0, 999)], [done()], maxTokens=1000)
    assert agent.model.requests[-1].max_tokens == 16
    agent.model.requests.clear()
    await agent.run([done()])
    assert agent.model.requests[-1].max_tokens is None


async def test_a_budget_goes_on_after_a_restart(make_agent: Make) -> None:
    agent = await make_agent()
    question = [call("ask_followup_question", question="?"), usage(40, 10)]
    task = await agent.start(delegate(), question, maxTokens=100)
    await agent.until(task, lambda now: now.activity is Activity.PAUSED)
    child = (await agent.engine.tasks.stack(agent.session_id))[-1]
    await agent.until(child, lambda now: now.activity is Activity.INTERACTIVE)
    again = await agent.reopen()
    again.model.answers += [[look(0), usage(20, 10)]]
    await again.say(child, "go on")
    assert exceeded(await again.finish(task)) == {"budget": "maxTokens", "used": 100, "limit": 100}


async def test_a_retry_has_what_earlier_runs_have_left(agent: Agent) -> None:
    failing = [usage(30, 10), ProviderFailure("REQUEST_REFUSED", "no")]
    task = await agent.run(delegate(), failing, failing, maxTokens=200)
    assert task.status is TaskStatus.FAILED
    agent.model.answers += [[look(0), usage(50, 50)]]
    await agent.engine.tasks.retry(TaskRef(session_id=agent.session_id, task_id=task.id))
    assert exceeded(await agent.finish(task)) == {"budget": "maxTokens", "used": 200, "limit": 200}


async def test_a_retry_may_have_a_larger_budget(agent: Agent) -> None:
    task = await agent.run([look(0), usage(90, 10)], maxTokens=100)
    assert exceeded(task)["used"] == 100
    agent.model.answers += [[look(0), usage(40, 10)], [done()]]
    ref = TaskRef(session_id=agent.session_id, task_id=task.id)
    again = await agent.engine.tasks.retry(ref, budget={"max_tokens": 151})
    assert again.config.max_tokens == 151
    assert (await agent.finish(task)).status is TaskStatus.COMPLETED
    with pytest.raises(ValidationFailed):
        await agent.engine.tasks.retry(ref, budget={"max_cost": 1})


async def test_a_cost_that_nobody_knows_is_no_budget(agent: Agent) -> None:
    with pytest.raises(ValidationFailed) as refused:
        await agent.start(maxCost=1)
    assert "config.maxCost" in str(refused.value.details)
    assert "`any`" in str(refused.value.details)


async def test_a_change_to_a_model_without_a_price_ends_a_task_with_a_limited_cost(make_agent: Make) -> None:
    agent = await make_agent(None, PRICED)
    task = await agent.start([call("ask_followup_question", question="?")], maxCost=1)
    await agent.until(task, lambda now: now.activity is Activity.INTERACTIVE)
    change = SessionUpdate.load({"sessionId": agent.session_id, "config": {"model": "any"}})
    await agent.engine.sessions.update(change)
    again = await agent.reopen()
    await again.say(task, "go on")
    task = await again.finish(task)
    assert task.error is not None
    assert task.error.code == "BUDGET_NOT_COUNTABLE"


async def test_a_duration_goes_on_while_a_task_waits_for_a_person(agent: Agent) -> None:
    task = await agent.run([call("ask_followup_question", question="?")], maxDuration=0.3)
    assert exceeded(task) == {"budget": "maxDuration", "used": 0.3, "limit": 0.3}


async def test_a_duration_is_that_of_the_task_with_its_subtasks(agent: Agent) -> None:
    question = [call("ask_followup_question", question="?")]
    task = await agent.run(delegate(), question, maxDuration=4)
    assert exceeded(task)["budget"] == "maxDuration"
    codes = [each["error"]["code"] for each in await agent.events("task.failed")]
    assert codes == ["BUDGET_EXCEEDED"] * 2


async def test_a_duration_goes_on_while_the_server_is_stopped(make_agent: Make) -> None:
    agent = await make_agent()
    task = await agent.start([call("ask_followup_question", question="?")], maxDuration=1.0)
    await agent.until(task, lambda now: now.activity is Activity.INTERACTIVE)
    again = await agent.reopen()
    await again.say(task, "go on")
    again.model.answers += [[call("ask_followup_question", question="again?")]]
    assert exceeded(await again.finish(task))["budget"] == "maxDuration"


DEFAULTS = {"task_max_cost": 0.5, "task_max_tokens": 300, "task_max_requests": 7, "task_max_duration_s": 600}


async def test_a_task_that_names_no_budget_has_that_of_the_operator(make_agent: Make) -> None:
    agent = await make_agent(DEFAULTS, PRICED)
    task = await agent.run([look(0), usage(100, 100)], [look(1), usage(50, 50)], maxRequests=9)
    config = task.config
    assert (config.max_cost, config.max_tokens, config.max_requests) == (0.5, 300, 9)
    assert config.max_duration == 600
    assert exceeded(task) == {"budget": "maxTokens", "used": 300, "limit": 300}
    larger = await agent.run([done(), usage(400, 400)], maxTokens=10_000, maxCost=100)
    assert (larger.status, larger.config.max_cost) == (TaskStatus.COMPLETED, 100)


async def test_a_default_that_cannot_be_counted_is_left_out(make_agent: Make) -> None:
    agent = await make_agent(DEFAULTS, {"model": "of-nobody"})
    task = await agent.run([done(), usage(10, 10)])
    assert (task.status, task.config.max_cost, task.config.max_tokens) == (TaskStatus.COMPLETED, None, 300)
    with pytest.raises(ValidationFailed):
        await agent.start(maxCost=1)
