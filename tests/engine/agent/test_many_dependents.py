"""However many tasks wait for one that ends badly: all fail, others write meanwhile, none slips through."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from roocode_server.engine.agent import tasks
from roocode_server.engine.agent.store import dependencies
from roocode_server.engine.agent.store.states import TaskStates
from roocode_server.engine.storage.database import Database
from roocode_server.models.identifier import TaskId
from roocode_server.models.task import Task, TaskRef, TaskStatus
from tests.engine.agent.conftest import Agent, done
from tests.engine.agent.test_scheduling import cancel, create, get, waiting

MANY = 40
A_FEW = 5
"""How many fail in one transaction, for these tests."""


@pytest.fixture(autouse=True)
def few_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dependencies, "DEPENDENTS_PER_UNIT", A_FEW)


@pytest.fixture
def database(agent: Agent) -> Database:
    return agent.engine.tasks._database


async def failed(agent: Agent) -> list[str]:
    return [each["taskId"] for each in await agent.events("task.failed")]


async def dependents(agent: Agent, of: str, number: int = MANY) -> list[TaskId]:
    return [(await create(agent, dependencies=[of])).id for _ in range(number)]


async def test_others_write_while_those_that_wait_fail(agent: Agent, database: Database) -> None:
    first = await waiting(agent, clientId="first")
    waited = await dependents(agent, "first")
    cancelling = asyncio.create_task(cancel(agent, first.id))
    written = 0
    while not cancelling.done():
        async with database.transaction():
            written += 1
    assert written >= MANY / A_FEW / 2
    assert await failed(agent) == waited  # each once, in the order in which they were created
    assert not agent.engine.tasks._runner.running


async def test_a_chain_fails_from_its_beginning_to_its_end(agent: Agent) -> None:
    first = await waiting(agent, clientId="0")
    chain = [
        (await create(agent, clientId=str(n), dependencies=[str(n - 1), "0"])).id
        if n % 7 == 0
        else (await create(agent, clientId=str(n), dependencies=[str(n - 1)])).id
        for n in range(1, MANY)
    ]
    await cancel(agent, first.id)
    told = await failed(agent)
    assert sorted(told) == sorted(chain)
    assert told[0] == chain[0]
    assert [(await get(agent, each)).status for each in chain] == [TaskStatus.FAILED] * len(chain)


async def test_a_task_that_is_asked_for_meanwhile_fails_as_well(agent: Agent) -> None:
    first = await waiting(agent, clientId="first")
    waited = await dependents(agent, "first")
    cancelling = asyncio.create_task(cancel(agent, first.id))
    late: list[Task] = []
    while not cancelling.done():
        late.append(await create(agent, dependencies=[waited[-1]]))
        late.append(await create(agent, dependencies=["first"]))
    assert late
    await cancelling
    ended = [await get(agent, each.id) for each in late]
    assert {each.status for each in ended} == {TaskStatus.FAILED}
    assert sorted(await failed(agent)) == sorted([*waited, *(each.id for each in late)])


async def test_a_task_is_retried_once_all_that_waited_have_failed(agent: Agent) -> None:
    first = await waiting(agent, clientId="first")
    waited = await dependents(agent, "first")
    cancelling = asyncio.create_task(cancel(agent, first.id))
    while (await get(agent, first.id)).status is not TaskStatus.CANCELLED:
        await asyncio.sleep(0)
    agent.model.answers.append([done("at last")])
    again = await agent.engine.tasks.retry(TaskRef(session_id=agent.session_id, task_id=first.id))
    assert {(await get(agent, each)).status for each in waited} == {TaskStatus.FAILED}
    await cancelling
    told = await agent.events("task.failed", "task.retried")
    assert [each["type"] for each in told] == ["task.failed"] * MANY + ["task.retried"]
    assert (await agent.finish(again)).status is TaskStatus.COMPLETED


async def test_whoever_is_cancelled_leaves_nobody_behind(agent: Agent) -> None:
    first = await waiting(agent, clientId="first")
    waited = await dependents(agent, "first")
    cancelling = asyncio.create_task(cancel(agent, first.id))
    while (await get(agent, first.id)).status is not TaskStatus.CANCELLED:
        await asyncio.sleep(0)
    cancelling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await cancelling
    assert await failed(agent) == waited


async def test_a_server_that_stopped_in_the_middle_goes_on(
    agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await waiting(agent, clientId="first")
    waited = await dependents(agent, "first")
    below = await dependents(agent, waited[-1], 3)

    async def stop(self: TaskStates, left: Sequence[Any]) -> None:
        assert left

    with monkeypatch.context() as patched:
        patched.setattr(TaskStates, "_settle", stop)
        await cancel(agent, first.id)
    assert await failed(agent) == waited[:A_FEW]
    again = await agent.reopen()
    assert await failed(again) == [*waited, *below]
    assert not again.engine.tasks._runner.running


async def test_those_that_the_database_refused_to_change_fail_when_the_next_task_has_ended(
    agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await waiting(agent, clientId="first")
    waited = await dependents(agent, "first")

    async def refuse(self: TaskStates, left: Sequence[Any]) -> None:
        raise OSError("no space left on the device")

    with monkeypatch.context() as patched:
        patched.setattr(TaskStates, "_settle", refuse)
        assert (await cancel(agent, first.id)).status is TaskStatus.CANCELLED
        assert await failed(agent) == waited[:A_FEW]
    agent.model.answers.append([done("later")])
    assert (await agent.finish(await create(agent))).status is TaskStatus.COMPLETED

    async def have_failed() -> bool:
        return await failed(agent) == waited

    await agent.found(have_failed)


async def test_others_write_while_the_tasks_of_a_session_are_cancelled(
    agent: Agent, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "ENDED_AT_ONCE", A_FEW)
    first = await waiting(agent, clientId="first")
    waited = await dependents(agent, "first")
    ending = asyncio.create_task(agent.engine.tasks._cancel_all(agent.session_id))
    written = 0
    while not ending.done():
        async with database.transaction():
            written += 1
    await ending
    assert written >= MANY / A_FEW / 2
    told = [each["taskId"] for each in await agent.events("task.cancelled", "task.failed")]
    assert told == [*reversed(waited), first.id]  # none is told to have failed with one that it waited for
    assert not agent.engine.tasks._runner.running
