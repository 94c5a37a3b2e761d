"""Tasks, approvals and bots, through both twins."""

from __future__ import annotations

import asyncio
import threading

import pytest

from roocode import AsyncRooCodeClient, Conflict, RooCodeClient, TaskFailed
from roocode.events import TaskCompletedEvent, TaskCreatedEvent, TaskProgressEvent
from roocode.models import Approval, TaskResult
from tests.sdk.python.conftest import SCRIPTED


async def test_a_task_tells_its_progress_its_questions_and_its_result(client: AsyncRooCodeClient) -> None:
    session = await client.sessions.create(name="Told", config=SCRIPTED)
    progress: list[int] = []
    asked: list[str] = []
    results: list[TaskResult] = []

    async def approve(approval: Approval) -> bool:
        asked.append(approval.tool_name)
        return True

    task = await client.tasks.create(
        session.id,
        "Write and run",
        on_progress=lambda event: progress.append(event.progress),
        on_complete=results.append,
        on_approval=approve,
    )
    ended = await task.wait()
    assert ended.status == task.status == "completed"
    assert progress == sorted(progress) != []
    assert asked == ["write_to_file", "execute_command", "apply_diff", "execute_command"]
    assert results == [ended.result] == [await task.result()]
    assert "primes.py" in (await task.diff()).diff


def test_the_functions_of_a_blocking_client_may_use_it(blocking: RooCodeClient) -> None:
    session = blocking.sessions.create(name="Told", config=SCRIPTED)
    threads = set()

    def approve(approval: Approval) -> bool:
        threads.add(threading.current_thread())
        return blocking.tasks.get(approval.session_id, approval.task_id).status == "running"

    task = blocking.tasks.create(session.id, "Write and run", on_approval=approve)
    assert task.result().files_created == ["/primes.py"]
    assert threading.main_thread() not in threads != set()
    assert [type(event) for event in task.events()][:1] == [TaskCreatedEvent]


async def test_a_text_rejects_and_is_told_to_the_agent(client: AsyncRooCodeClient) -> None:
    session = await client.sessions.create(name="Refused", config=SCRIPTED)
    task = await client.tasks.create(session.id, "Write and run", on_approval=lambda _: "Not today.")
    with pytest.raises(TaskFailed) as failed:
        await task.result()
    assert failed.value.task_id == task.id
    told = [each.feedback async for each in client.approvals.each(session.id)]
    assert told[-1] == "Not today."


async def test_what_a_function_raises_is_raised_by_wait(client: AsyncRooCodeClient) -> None:
    session = await client.sessions.create(name="Broken", config=SCRIPTED)

    def fail(_: object) -> None:
        raise LookupError("mine")

    task = await client.tasks.create(
        session.id, "Write and run", on_progress=fail, on_approval=lambda _: True
    )
    with pytest.raises(LookupError, match="mine"):
        await task.wait()
    await task.cancel()


async def test_a_task_is_waited_for_no_longer_than_asked_and_can_be_cancelled(
    client: AsyncRooCodeClient,
) -> None:
    session = await client.sessions.create(name="Waiting", config=SCRIPTED)
    task = await client.tasks.create(session.id, "Write and run")
    with pytest.raises(TimeoutError):
        await task.wait(timeout_s=0.2)
    await task.cancel()
    with pytest.raises(TaskFailed, match="CANCELLED"):
        await task.result()
    with pytest.raises(Conflict):
        await task.cancel()


async def test_a_task_that_is_retried_is_followed_to_its_second_end(client: AsyncRooCodeClient) -> None:
    session = await client.sessions.create(name="Again", config=SCRIPTED)
    task = await client.tasks.create(session.id, "Write and run")
    await task.cancel()
    await client.sessions.update(session.id, config={"approvals": [{"decision": "always"}]})
    await task.retry()
    assert (await task.wait()).status == "completed"
    again = await client.tasks.attach(session.id, task.id)
    kinds = [event.type async for event in again.events()]
    assert kinds.index("task.cancelled") < kinds.index("task.retried") < kinds.index("task.completed")


async def test_a_task_that_goes_on_is_followed_to_its_next_end(client: AsyncRooCodeClient) -> None:
    session = await client.sessions.create(name="On", config={"provider": "scripted"})
    task = await client.tasks.create(session.id, "Look around")
    assert (await task.wait()).turn == 1
    said = await task.message("and once more")
    ended = await task.wait()
    assert (ended.status, ended.turn, ended.turn_message_id) == ("completed", 2, said.id)
    again = await client.tasks.attach(session.id, task.id)
    kinds = [event.type async for event in again.events()]
    assert kinds.count("task.completed") == 2
    with pytest.raises(Conflict):
        await task.interrupt()
    page = await client.tasks.turns(session.id, task.id)
    assert [each.turn for each in page.data] == [2, 1]


async def test_a_bot_answers_what_waited_before_and_what_comes(client: AsyncRooCodeClient) -> None:
    sessions = [await client.sessions.create(name="Bot", config=SCRIPTED) for _ in range(2)]
    ours = {session.id for session in sessions}
    bot = client.approvals.bot()
    asked: list[str] = []

    @bot.on("write_to_file")
    def write(approval: Approval) -> bool | None:
        return True if approval.session_id in ours else None

    @bot.on()
    async def other(approval: Approval) -> bool | None:
        if approval.session_id not in ours:
            return None
        asked.append(approval.tool_name)
        return True

    first = await client.tasks.create(sessions[0].id, "Write and run")
    running = asyncio.create_task(bot.run())
    second = await client.tasks.create(sessions[1].id, "Write and run")
    for task in (first, second):
        assert (await task.wait()).status == "completed"
    await bot.stop()
    await running
    assert sorted(asked) == ["apply_diff"] * 2 + ["execute_command"] * 4


async def test_what_no_function_of_a_bot_answers_waits_for_people(client: AsyncRooCodeClient) -> None:
    session = await client.sessions.create(name="People", config=SCRIPTED)
    bot = client.approvals.bot()
    seen = asyncio.Event()

    @bot.on()
    def nothing(approval: Approval) -> None:
        if approval.session_id == session.id:
            seen.set()

    running = asyncio.create_task(bot.run())
    task = await client.tasks.create(session.id, "Write and run")
    await seen.wait()
    [waiting] = [each async for each in client.approvals.each(session.id, status="pending")]
    await client.approvals.reject(session.id, waiting.id)
    with pytest.raises(Conflict):
        await client.approvals.approve(session.id, waiting.id)
    assert not await client.approvals.answer(waiting, True)
    await bot.stop()
    await running
    await task.wait()


def test_a_blocking_bot_is_stopped_from_elsewhere(blocking: RooCodeClient) -> None:
    session = blocking.sessions.create(name="Bot", config=SCRIPTED)
    bot = blocking.approvals.bot()

    @bot.on()
    def all_of_ours(approval: Approval) -> bool | None:
        return approval.session_id == session.id or None

    running = threading.Thread(target=bot.run)
    running.start()
    events = list(blocking.tasks.create(session.id, "Write and run").events())
    bot.stop()
    running.join()
    assert isinstance(events[-1], TaskCompletedEvent)
    assert any(isinstance(event, TaskProgressEvent) for event in events)
