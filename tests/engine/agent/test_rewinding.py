"""A task goes back to one of its messages: what it was then, it is again; and that can be undone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from roocode_server.engine.providers.provider import ProviderFailure
from roocode_server.engine.storage.tasks import ConversationRepository
from roocode_server.models.conversation import Turn
from roocode_server.models.error import Conflict, NotFound
from roocode_server.models.identifier import MessageId
from roocode_server.models.message import Message
from roocode_server.models.rewind import RewindStep, TaskRewind
from roocode_server.models.task import Activity, MessageList, Task, TaskRef, TaskStatus
from tests.engine.agent.conftest import Agent, Answer, call, done, say

Make = Callable[..., Awaitable[Agent]]


async def messages(agent: Agent, task: Task) -> list[Message]:
    wanted = MessageList(session_id=task.session_id, task_id=task.id, limit=1000)
    found, _ = await agent.engine.tasks.messages(wanted)
    return found


async def message(agent: Agent, task: Task, text: str) -> Message:
    """The first message of a task that has this text in it."""
    return next(each for each in await messages(agent, task) if text in (each.text or ""))


async def conversation(agent: Agent, task: Task) -> list[Turn]:
    return await ConversationRepository(agent.engine.database).load(task.id)


async def rewind(agent: Agent, task: Task, to: MessageId, **options: Any) -> Task:
    raw = {"sessionId": task.session_id, "taskId": task.id, "messageId": to, **options}
    return (await agent.engine.rewinding.rewind(TaskRewind.load(raw)))[0]


async def reinstate(agent: Agent, task: Task) -> Task:
    return (await agent.engine.rewinding.reinstate(TaskRef(session_id=task.session_id, task_id=task.id)))[0]


def written(path: str, content: str) -> Answer:
    return [say(f"I write {content}."), call("write_to_file", path=path, content=content, line_count=1)]


async def two_steps(agent: Agent) -> Task:
    """A completed task that has written a file twice, each time after a word about it."""
    return await agent.run(
        [*written("a.txt", "one"), call("update_todo_list", todos="[x] one\n[ ] two")],
        [*written("a.txt", "two"), call("switch_mode", mode_slug="debug", reason="why not")],
        [call("update_todo_list", todos="[x] one\n[x] two")],
        [done()],
        enableCheckpoints=True,
    )


async def test_conversation_files_mode_and_todos_are_as_they_were(agent: Agent) -> None:
    task = await two_steps(agent)
    assert (task.mode, task.todos) == ("debug", "- [x] one\n- [x] two")
    back = await rewind(agent, task, (await message(agent, task, "I write two.")).id)
    assert (back.status, back.activity) == (TaskStatus.PENDING, Activity.RESUMABLE)
    assert (back.mode, back.todos) == ("code", "- [x] one\n- [ ] two")
    assert back.result is None
    assert agent.read("a.txt").strip() == "one"
    assert (await messages(agent, task))[-1].text == "I write two."
    assert (await agent.events("task.rewound"))[0]["taskId"] == task.id


async def test_it_goes_on_from_there_with_what_a_person_says(agent: Agent) -> None:
    task = await two_steps(agent)
    await rewind(agent, task, (await message(agent, task, "I write two.")).id)
    agent.model.requests.clear()
    agent.model.answers.extend([written("a.txt", "three"), [done("better")]])
    await agent.say(task, "write three instead")
    ended = await agent.finish(task)
    assert ended.result is not None
    assert ended.result.summary == "better"
    assert agent.read("a.txt").strip() == "three"
    shown = agent.model.requests[0].turns
    assert shown[-1].text == "write three instead"
    assert [turn.text for turn in shown if "I write" in turn.text] == ["I write one.", "I write two."]
    results = [turn for turn in shown if turn.call_id and not turn.success]
    assert len(results) == 2  # the calls of the answer that it went back to are not made


async def test_a_rewind_is_undone_with_all_it_took_back(agent: Agent) -> None:
    task = await two_steps(agent)
    before = await messages(agent, task)
    turns = await conversation(agent, task)
    await rewind(agent, task, before[0].id)
    assert not (agent.engine.sessions.workspace(agent.session_id).folder / "a.txt").exists()
    again = await reinstate(agent, task)
    assert (again.status, again.mode, again.todos) == (task.status, task.mode, task.todos)
    assert again.result == task.result
    assert await messages(agent, task) == before
    assert await conversation(agent, task) == turns
    assert agent.read("a.txt").strip() == "two"


async def test_rewinds_are_undone_one_after_the_other(agent: Agent) -> None:
    task = await two_steps(agent)
    whole = await messages(agent, task)
    await rewind(agent, task, (await message(agent, task, "I write two.")).id)
    half = await messages(agent, task)
    await rewind(agent, task, whole[0].id)
    await reinstate(agent, task)
    assert await messages(agent, task) == half
    await reinstate(agent, task)
    assert await messages(agent, task) == whole
    with pytest.raises(Conflict, match="not rewound"):
        await reinstate(agent, task)


async def test_a_task_that_has_gone_on_is_not_reinstated(agent: Agent) -> None:
    task = await two_steps(agent)
    await rewind(agent, task, (await messages(agent, task))[0].id)
    agent.model.answers.append([done()])
    await agent.say(task, "do nothing")
    await agent.finish(task)
    with pytest.raises(Conflict, match="gone on"):
        await reinstate(agent, task)


async def test_what_was_approved_before_is_asked_again(make_agent: Make) -> None:
    agent = await make_agent(approvals={"command": "ask"})
    asked = [call("execute_command", "same", command="echo hi")]
    task = await agent.start(asked, [done()])
    await agent.answer(task, "approve")
    await agent.finish(task)
    await rewind(agent, task, (await messages(agent, task))[0].id, files=False)
    agent.model.answers.extend([asked, [done()]])
    await agent.say(task, "once more")
    await agent.answer(task, "reject")
    await agent.finish(task)
    assert len(await agent.events("approval.required")) == 2


async def test_files_need_a_checkpoint_and_can_be_left_as_they_are(agent: Agent) -> None:
    task = await agent.run(written("a.txt", "one"), [done()])
    first = (await messages(agent, task))[0].id
    with pytest.raises(Conflict, match="enableCheckpoints"):
        await rewind(agent, task, first)
    back = await rewind(agent, task, first, files=False)
    assert back.activity is Activity.RESUMABLE
    assert agent.read("a.txt").strip() == "one"


async def test_a_task_at_work_is_not_rewound_and_one_of_another_session_not_found(make_agent: Make) -> None:
    agent = await make_agent(approvals={"command": "ask"})
    task = await agent.start([call("execute_command", command="true")], [done()])
    await agent.until(task, lambda now: now.activity is Activity.INTERACTIVE)
    first = (await messages(agent, task))[0].id
    with pytest.raises(Conflict, match="at work"):
        await rewind(agent, task, first, files=False)
    await agent.answer(task, "approve")
    await agent.finish(task)
    with pytest.raises(NotFound):
        await rewind(agent, task, MessageId("message-of-another"), files=False)


async def test_a_message_of_an_earlier_run_is_not_gone_back_to(agent: Agent) -> None:
    task = await agent.run([ProviderFailure("REQUEST_REFUSED", "no")])
    first = (await messages(agent, task))[0].id
    agent.model.answers.append([done()])
    await agent.engine.tasks.retry(TaskRef(session_id=task.session_id, task_id=task.id))
    await agent.finish(task)
    with pytest.raises(NotFound):
        await rewind(agent, task, first, files=False)


@pytest.mark.parametrize("step", list(RewindStep))
async def test_what_a_stop_cuts_short_is_finished_at_the_next_start(agent: Agent, step: RewindStep) -> None:
    task = await two_steps(agent)
    to = await message(agent, task, "I write two.")
    rewinding = agent.engine.rewinding
    if step is RewindStep.UNDO:
        await rewind(agent, task, to.id)

    async def stop(*_: object) -> None:
        raise asyncio.CancelledError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rewinding, "_restore", stop)
        with pytest.raises(asyncio.CancelledError):
            await (reinstate(agent, task) if step is RewindStep.UNDO else rewind(agent, task, to.id))
    agent = await agent.reopen()
    now = await agent.engine.tasks.get(task.session_id, task.id)
    is_back = now.status is TaskStatus.COMPLETED
    assert is_back is (step is RewindStep.UNDO)
    assert agent.read("a.txt").strip() == ("two" if is_back else "one")
    assert ((await messages(agent, task))[-1].id == to.id) is not is_back
