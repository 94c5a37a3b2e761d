"""Commands that continue in the background until they end, are killed, or the task ends."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from roocode_server.engine.agent import commands
from roocode_server.models.error import Conflict
from roocode_server.models.task import CommandAction, Task, TaskCommand, TaskStatus
from tests.engine.agent.conftest import Agent, call, done
from tests.support.processes import started

WAITS = "echo begun; touch begun; while [ ! -e go ]; do sleep 0.05; done; echo over"
"""A command that ends once the file `go` exists."""
SOON = 2.0
"""The seconds within which a jail is created and a first line printed, even on a busy machine."""


@pytest.fixture(autouse=True)
def people_are_asked_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "ASKS_AFTER_S", 0.2)


def running(line: str = WAITS, **parameters: Any) -> Any:
    return call("execute_command", call_id="long", command=line, **parameters)


async def steer(agent: Agent, task: Task, action: str, call_id: str | None = None) -> None:
    raw = {"sessionId": task.session_id, "taskId": task.id, "action": action, "callId": call_id}
    await agent.engine.tasks.steer_command(TaskCommand.load({k: v for k, v in raw.items() if v}))


async def asked(agent: Agent) -> None:
    """Wait until people are asked about a command that has printed something."""
    begun = agent.engine.sessions.workspace(agent.session_id).folder / "begun"
    async with asyncio.timeout(30):
        while not (await agent.messages("command_output") and begun.exists()):
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.3)  # what was printed before the file was made is on its way


def told(agent: Agent) -> list[str]:
    """Return what the model was told, request by request."""
    return [request.turns[-1].text for request in agent.model.requests]


async def test_after_its_timeout_a_command_goes_on_and_the_model_hears_of_its_end(agent: Agent) -> None:
    def let_it_end(request: Any) -> list[Any]:
        agent.write("go", "")
        return [call("execute_command", command="sleep 1.5")]

    task = await agent.run([running(timeout=SOON)], let_it_end, [done()])
    assert task.status is TaskStatus.COMPLETED
    assert "still runs" in told(agent)[1]
    assert "begun" in told(agent)[1] and "over" not in told(agent)[1]
    assert "has ended with exit code 0" in told(agent)[2] and told(agent)[2].endswith("over")


async def test_what_it_prints_meanwhile_is_told_before_the_next_request(agent: Agent) -> None:
    chatty = "echo begun; while [ ! -e go ]; do sleep 0.05; done; echo more; sleep 60"

    def have_more_printed(request: Any) -> list[Any]:
        agent.write("go", "")
        return [call("execute_command", command="sleep 1.5")]

    await agent.run([running(chatty, timeout=SOON)], have_more_printed, [done()])
    assert told(agent)[2].endswith("goes on. Printed since you last heard of it:\nmore")


async def test_a_command_that_ends_in_time_is_answered_as_ever(
    agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "ASKS_AFTER_S", 1000.0)
    await agent.run([running("echo quick", timeout=30)], [done()])
    assert told(agent)[1].startswith("Exit code 0") and "quick" in told(agent)[1]
    assert await agent.messages("command_output") == ["quick\n"]


async def test_people_are_asked_about_a_command_that_takes_long_and_may_let_it_go_on(agent: Agent) -> None:
    task = await agent.start([running()], [done()])
    await asked(agent)
    await steer(agent, task, CommandAction.CONTINUE)
    assert (await agent.finish(task)).status is TaskStatus.COMPLETED
    assert "goes on in the background" in told(agent)[1]


async def test_a_person_may_kill_it_and_the_model_is_told(agent: Agent) -> None:
    task = await agent.start([running()], [done()])
    await asked(agent)
    await steer(agent, task, CommandAction.KILL)
    await agent.finish(task)
    assert "a person ended it" in told(agent)[1] and "begun" in told(agent)[1]
    [failed] = await agent.events("tool.failed")
    assert failed["callId"] == "long"


async def test_one_in_the_background_is_killed_by_its_call(agent: Agent) -> None:
    task = await agent.start(
        [running(timeout=SOON)], [call("ask_followup_question", question="Enough?")], [done()]
    )
    await agent.until(task, lambda now: now.activity == "interactive")
    with pytest.raises(Conflict):
        await steer(agent, task, CommandAction.KILL, "another")
    with pytest.raises(Conflict):
        await steer(agent, task, CommandAction.CONTINUE, "long")
    await steer(agent, task, CommandAction.KILL, "long")
    await agent.say(task, "yes")
    await agent.finish(task)
    assert any("A person ended it" in turn.text for turn in agent.model.requests[-1].turns)


async def test_there_is_nothing_to_steer_where_no_command_runs(agent: Agent) -> None:
    task = await agent.start([call("ask_followup_question", question="Well?")], [done()])
    await agent.until(task, lambda now: now.activity == "interactive")
    with pytest.raises(Conflict):
        await steer(agent, task, CommandAction.CONTINUE)
    await agent.say(task, "well")
    await agent.finish(task)
    with pytest.raises(Conflict):
        await steer(agent, task, CommandAction.KILL)


async def test_commands_end_with_their_task_and_what_they_printed_is_told(agent: Agent) -> None:
    line = "echo begun; sleep 91919"
    task = await agent.run([running(line, timeout=SOON)], [done()])
    assert task.status is TaskStatus.COMPLETED and started("91919") == []
    assert task.result is not None and task.result.commands_executed == [line]
    assert (await agent.messages("command_output"))[-1] == "begun\n"


async def test_a_cancelled_task_leaves_no_command(agent: Agent) -> None:
    line = "echo begun; sleep 92929"
    task = await agent.start(
        [running(line, timeout=SOON)], [call("ask_followup_question", question="Well?")], [done()]
    )
    await agent.until(task, lambda now: now.activity == "interactive")
    assert started("92929")
    await agent.engine.tasks.cancel(task.session_id, task.id)
    assert started("92929") == []


async def test_after_an_interruption_the_model_is_told_that_its_commands_have_ended(agent: Agent) -> None:
    task = await agent.start(
        [running(timeout=SOON)], [call("ask_followup_question", question="Well?")], [done()]
    )
    await agent.until(task, lambda now: now.activity == "interactive")
    again = await agent.reopen()
    again.model.answers[:] = [[done()]]
    await again.say(task, "go on")
    await again.finish(task)
    texts = [turn.text for turn in again.model.requests[-1].turns]
    assert texts.count(commands.COMMAND_LOST) == 1


async def test_a_command_is_steered_once_it_is_asked_about_or_by_its_name(
    agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A button pressed twice, just after "Run", answers no question."""
    monkeypatch.setattr(commands, "ASKS_AFTER_S", 1000.0)
    task = await agent.start([running("sleep 93939")], [done()])
    async with asyncio.timeout(30):
        while not started("93939"):
            await asyncio.sleep(0.01)
    for action in CommandAction:
        with pytest.raises(Conflict):
            await steer(agent, task, action)
    await steer(agent, task, CommandAction.KILL, "long")
    await agent.finish(task)


ASKS: Any = [call("ask_followup_question", question="Well?")]


async def ended(agent: Agent) -> dict[str, Any]:
    """Wait for the end of the command in the background, and return its event."""
    [only] = await agent.found(lambda: agent.events("command.ended"))
    return only


async def waiting(agent: Agent, line: str = WAITS) -> Task:
    """Start a task whose command runs in the background while it waits for a person."""
    task = await agent.start([running(line, timeout=SOON)], ASKS, [done()])
    return await agent.until(task, lambda now: now.activity == "interactive")


async def test_its_end_is_told_as_soon_as_it_comes_though_the_task_waits(agent: Agent) -> None:
    task = await waiting(agent, f"{WAITS}; exit 3")
    [begun] = await agent.events("command.continued")
    assert (begun["taskId"], begun["callId"]) == (task.id, "long")
    assert begun["command"].endswith("exit 3")
    agent.write("go", "")
    event = await ended(agent)
    assert (event["taskId"], event["callId"], event["exitCode"]) == (task.id, "long", 3)
    assert event["executionTime"] > 0
    assert not {"signal", "stoppedBy", "error"} & event.keys()
    assert (await agent.messages("command_output"))[-1] == "begun\nover\n"
    await agent.say(task, "well")
    await agent.finish(task)
    assert len(await agent.events("command.ended")) == 1
    assert (await agent.messages("command_output")).count("begun\nover\n") == 1


async def test_a_signal_that_ends_it_is_named(agent: Agent) -> None:
    await waiting(agent, "echo begun; while [ ! -e go ]; do sleep 0.05; done; kill -TERM $$")
    agent.write("go", "")
    event = await ended(agent)
    assert (event["exitCode"], event["signal"]) == (143, "SIGTERM")


async def test_who_stopped_it_is_told(agent: Agent) -> None:
    task = await waiting(agent)
    await steer(agent, task, CommandAction.KILL, "long")
    event = await ended(agent)
    assert (event["exitCode"], event["signal"], event["stoppedBy"]) == (137, "SIGKILL", "person")


async def test_it_ends_with_its_task_once(agent: Agent) -> None:
    task = await waiting(agent)
    await agent.engine.tasks.cancel(task.session_id, task.id)
    assert (await ended(agent))["stoppedBy"] == "task"
    order = [event["type"] for event in await agent.events("command.ended", "task.cancelled")]
    assert order == ["command.ended", "task.cancelled"]


async def test_an_end_that_nobody_sees_is_told_when_the_task_stops(
    agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unseen(*_: Any) -> None:
        """As if the server were killed before it could store the end."""

    monkeypatch.setattr(commands.Commands, "_end", unseen)
    task = await waiting(agent)
    await agent.engine.tasks.cancel(task.session_id, task.id)
    event = await ended(agent)
    assert event["stoppedBy"] == "server"
    assert "exitCode" not in event


async def test_a_command_that_ends_in_time_has_no_end_of_its_own(agent: Agent) -> None:
    await agent.run([running("true", timeout=30)], [done()])
    assert await agent.events("command.continued", "command.ended") == []
