"""Random histories of a task, copied at random messages: the copy is what the task was, and they go apart."""

from __future__ import annotations

import random
from dataclasses import dataclass

import pytest

from roocode_server.engine.agent.task_forks import CopiedTask
from roocode_server.models.conversation import Turn
from roocode_server.models.error import Conflict, NotFound
from roocode_server.models.fork import TaskFork
from roocode_server.models.identifier import MessageId, SessionId
from roocode_server.models.message import Message
from roocode_server.models.session import SessionList
from roocode_server.models.task import Activity, Task, TaskList, TaskStatus
from tests.engine.agent.conftest import Agent, call, done, say
from tests.engine.agent.test_random_rewinds import Was, Witness, some_steps
from tests.engine.agent.test_rewinding import Make, conversation, messages, reinstate
from tests.support.nightly import times


@dataclass(frozen=True)
class Whole:
    """All that is looked at of a task: what it is, what it said, and its files."""

    was: Was
    said: list[Message]
    turns: list[Turn]


async def fork(agent: Agent, task: Task, to: MessageId, **more: object) -> CopiedTask:
    source = await agent.engine.sessions.get(task.session_id)
    raw = {"sessionId": source.id, "taskId": task.id, "messageId": to, **more}
    return await agent.engine.task_forks.fork(agent.caller, TaskFork.load(raw), source)


async def whole(agent: Agent, witness: Witness, task: Task) -> Whole:
    at(agent, task.session_id)
    return Whole(witness.look(task.id), await messages(agent, task), await conversation(agent, task))


def at(agent: Agent, session_id: SessionId) -> None:
    """From here on the helpers are about this session."""
    agent.session_id = session_id


def texts(said: list[Message]) -> list[tuple[object, ...]]:
    """Messages without their ids."""
    return [(each.ts, each.type, each.say, each.ask, each.text) for each in said]


@pytest.mark.parametrize("seed", range(times(2, nightly=4)))
async def test_a_copy_at_a_message_is_what_the_task_was_and_neither_sees_the_other(
    make_agent: Make, seed: int
) -> None:
    agent = await make_agent({"mistake_limit": 0, "repetition_limit": 0})
    chance, names = random.Random(seed), list[int]()  # noqa: S311 - it chooses histories, not secrets
    witness = Witness(agent)
    agent.engine.hub.observe(witness)
    known = [await agent.run(*some_steps(chance, names), enableCheckpoints=True)]
    for _ in range(4):
        task = chance.choice(known)
        before = [await whole(agent, witness, each) for each in known]
        own = before[known.index(task)]
        to = chance.choice([each for each in own.said if each.id in witness.seen])
        was = witness.seen[to.id]

        copied = await fork(agent, task, to.id)
        assert [await whole(agent, witness, each) for each in known] == before
        copy = await agent.engine.tasks.get(copied.session.id, copied.task_id)
        there = await whole(agent, witness, copy)
        assert (copy.status, copy.activity) == (TaskStatus.PENDING, Activity.RESUMABLE)
        assert (there.was.mode, there.was.todos, there.was.files) == (was.mode, was.todos, was.files)
        assert [each.text for each in there.turns[: was.turns]] == [
            each.text for each in own.turns[: was.turns]
        ]
        assert all(turn.call_id and not turn.success for turn in there.turns[was.turns :])
        [last] = [each for each in there.said if each.id == copied.message_id]
        assert texts([last]) == texts([to])
        kept = texts(there.said)
        assert kept == [each for each in texts(own.said) if each in kept]
        assert not {each.id for each in there.said} & {each.id for each in own.said}

        await reinstate(agent, copy)
        back = await whole(agent, witness, copy)
        assert (back.was, texts(back.said)) == (own.was, texts(own.said))

        agent.model.answers.extend(some_steps(chance, names))
        await agent.say(copy, "go on")
        known.append(await agent.finish(copy))
        assert [await whole(agent, witness, each) for each in known[:-1]] == before


async def test_without_files_only_the_conversation_goes_back(make_agent: Make) -> None:
    agent = await make_agent()
    task = await agent.run(
        [say("One."), call("write_to_file", path="a.txt", content="a", line_count=1)], [done()]
    )
    [first] = [each for each in await messages(agent, task) if each.text == "One."]
    with pytest.raises(Conflict, match="No checkpoint"):
        await fork(agent, task, first.id)
    copied = await fork(agent, task, first.id, files=False)
    assert copied.session.id != agent.session_id
    at(agent, copied.session.id)
    assert agent.read("a.txt") == "a"
    copy = await agent.engine.tasks.get(copied.session.id, copied.task_id)
    assert [each.text for each in await messages(agent, copy)][-1] == "One."


async def test_what_cannot_be_rewound_is_not_copied(make_agent: Make) -> None:
    agent = await make_agent()
    task = await agent.run([done()])
    _, before = await agent.engine.sessions.list(agent.caller, SessionList())
    with pytest.raises(NotFound, match="message"):
        await fork(agent, task, MessageId("message-unknown"), files=False)
    assert (await agent.engine.sessions.list(agent.caller, SessionList()))[1] == before


async def test_a_copy_whose_files_cannot_be_restored_is_not_made(make_agent: Make) -> None:
    agent = await make_agent()
    task = await agent.run(
        [call("write_to_file", path="a", content="a", line_count=1)],
        [say("Then."), call("execute_command", command="rm a; mkdir a; touch a/b")],
        [done()],
        enableCheckpoints=True,
    )
    [then] = [each for each in await messages(agent, task) if each.text == "Then."]
    _, before = await agent.engine.sessions.list(agent.caller, SessionList())
    with pytest.raises(Conflict, match="in the place of a file"):
        await fork(agent, task, then.id)
    assert (await agent.engine.sessions.list(agent.caller, SessionList()))[1] == before
    assert await agent.engine.sessions.drafts() == []


async def test_a_stop_between_the_copy_and_its_rewind_is_made_good_at_the_next_start(
    make_agent: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent = await make_agent()
    task = await agent.run(
        [say("One."), call("write_to_file", path="a.txt", content="a", line_count=1)],
        [done()],
        enableCheckpoints=True,
    )
    [first] = [each for each in await messages(agent, task) if each.text == "One."]

    async def is_killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(agent.engine.rewinding, "finish", is_killed)
    with pytest.raises(KeyboardInterrupt):
        await fork(agent, task, first.id)
    agent = await agent.reopen()
    page, _ = await agent.engine.sessions.list(agent.caller, SessionList())
    [copy_id] = [each.id for each in page if each.id != agent.session_id]
    at(agent, copy_id)
    [copy], _ = await agent.engine.tasks.page(TaskList(session_id=copy_id))
    assert [each.text for each in await messages(agent, copy)][-1] == "One."
    assert not (agent.engine.sessions.workspace(copy_id).folder / "a.txt").exists()
