"""Subtasks: bounded in depth and number, within the limits of the task that they belong to."""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable

import pytest

from roocode_server.engine.agent.limits import PausableTimeout
from roocode_server.models.identifier import TaskId, new_id
from roocode_server.models.task import FINAL, Activity, Task, TaskStatus
from tests.engine.agent.conftest import Agent, call, done, usage
from tests.support.recursion import TOO_DEEP, little_room_for_recursion

Make = Callable[..., Awaitable[Agent]]


def delegate(number: int = 0) -> list[object]:
    return [call("new_task", f"call-{number}", mode="code", message=f"part {number}")]


async def test_a_model_that_delegates_to_itself_is_told_how_deep_it_may(make_agent: Make) -> None:
    agent = await make_agent({"max_subtask_depth": 3})
    answers = [*[delegate()] * 4, *[[done()]] * 4]
    task = await agent.run(*answers)  # type: ignore[arg-type]
    assert task.status is TaskStatus.COMPLETED
    assert len(await agent.events("task.spawned")) == 3
    told = [request.turns[-1].text for request in agent.model.requests]
    assert "Subtasks are nested 3 deep already" in " ".join(told)


async def test_a_task_and_its_subtasks_have_so_many_subtasks_together(make_agent: Make) -> None:
    agent = await make_agent({"max_subtasks": 2})
    below = [delegate(1), delegate(2), [done("below")]]  # the second is refused
    task = await agent.run(delegate(), *below[:1], [done("deep")], *below[1:], [done()])  # type: ignore[arg-type]
    assert task.status is TaskStatus.COMPLETED
    assert len(await agent.events("task.spawned")) == 2


async def test_the_requests_of_a_subtask_count_for_the_task(make_agent: Make) -> None:
    agent = await make_agent()
    steps = [[call("list_files", f"list-{n}", path=".", recursive=bool(n % 2))] for n in range(3)]
    task = await agent.run(delegate(), *steps, maxIterations=4)  # type: ignore[arg-type]
    assert task.status is TaskStatus.FAILED
    assert task.error is not None
    assert task.error.code == "ITERATION_LIMIT"
    assert len(agent.model.requests) == 4


@pytest.mark.parametrize(
    ("limit", "asked"), [({"allowedMaxRequests": 2}, "2 requests"), ({"allowedMaxCost": 1}, "dollars")]
)
async def test_a_person_is_asked_when_the_task_and_its_subtasks_have_spent_what_they_may(
    make_agent: Make, limit: dict[str, float], asked: str
) -> None:
    auto = {"autoApprovalEnabled": True, "alwaysAllowSubtasks": True, "alwaysAllowReadOnly": True, **limit}
    agent = await make_agent(None, {"autoApproval": auto})
    dear = usage(1, 1, cost=0.9)
    look = [call("list_files", path="."), dear]
    task = await agent.start([*delegate(), dear], look, [done("part"), dear], [done()])  # type: ignore[arg-type]
    [child] = [
        await agent.until(each, lambda now: now.activity is Activity.INTERACTIVE)
        for each in [await child_of(agent, task)]
    ]
    await agent.answer(child, "approve")
    await agent.finish(task)
    [question] = await agent.events("approval.required")
    assert asked in question["description"]


async def child_of(agent: Agent, task: Task) -> Task:
    await agent.until(task, lambda now: now.activity is Activity.PAUSED)
    stack = await agent.engine.tasks.stack(agent.session_id)
    return stack[-1]


async def test_the_time_of_a_subtask_is_taken_from_its_parents() -> None:
    async with (parent := PausableTimeout(100)):
        with parent.paused():
            left_s = parent.left_s
            async with (child := PausableTimeout(1000, parent)):
                assert child.left_s == pytest.approx(left_s, abs=0.5)
            parent_s = parent.left_s
            async with (other := PausableTimeout(30, parent)):
                assert other.left_s <= 30
        assert parent.left_s <= parent_s <= left_s


async def test_a_stack_of_any_depth_can_be_cancelled(agent: Agent) -> None:
    """Subtasks that an earlier server let grow without bound are stored; nothing recurses over them."""
    parent = await agent.start([call("ask_followup_question", question="?")])
    await agent.until(parent, lambda now: now.activity is Activity.INTERACTIVE)
    above, tasks = parent, []
    for _ in range(TOO_DEEP):
        above = dataclasses.replace(
            above, id=TaskId(new_id("task")), parent_id=above.id, activity=Activity.PAUSED
        )
        tasks.append(above)
    async with agent.engine.database.transaction() as unit:
        for each in tasks:
            await agent.engine.tasks._repository.insert(unit, each)
    with little_room_for_recursion():
        assert len(await agent.engine.tasks.stack(agent.session_id)) == 1 + TOO_DEEP
        await agent.engine.tasks.cancel(agent.session_id, parent.id)
        assert not await agent.engine.tasks.stack(agent.session_id)
    lowest = await agent.engine.tasks.get(agent.session_id, tasks[-1].id)
    assert lowest.status in FINAL


async def test_a_restart_tells_of_a_subtask_once(make_agent: Make) -> None:
    agent = await make_agent()
    task = await agent.start(delegate(), [call("ask_followup_question", question="?")])  # type: ignore[arg-type]
    child = await child_of(agent, task)
    await agent.until(child, lambda now: now.activity is Activity.INTERACTIVE)
    again = await agent.reopen()
    again.model.answers += [[done("part")], [done()]]
    await again.say(child, "yes")
    await again.finish(task)
    told = await again.events("task.spawned", "task.paused", "task.unpaused", "task.resumed")
    assert [each.get("isPaused") for each in told] == [None, None, True, False, None]
    active = [each["taskId"] for each in await again.events("task.focused")]
    assert active == [task.id, child.id, child.id, task.id]


async def test_the_end_of_a_task_is_told_before_the_next_has_the_focus(agent: Agent) -> None:
    first = await agent.start([call("ask_followup_question", question="?")])
    await agent.until(first, lambda now: now.activity is Activity.INTERACTIVE)
    second = await agent.start([done()])
    await agent.engine.tasks.cancel(agent.session_id, first.id)
    await agent.finish(second)
    stored = await agent.engine.log.read(agent.session_id, after=0, limit=1000)
    types = [each.type for each in stored]
    assert (
        types.index("task.cancelled")
        < [position for position, each in enumerate(types) if each == "task.focused"][1]
    )
