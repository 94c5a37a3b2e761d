"""Messages take up tasks that have ended; tasks can be interrupted, corrected, and continued by others."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from roocode_server.engine.providers.provider import ModelRequest, ProviderFailure
from roocode_server.models.conversation import TurnRole
from roocode_server.models.error import Conflict, InvalidField, NotFound, WorkspaceLimitExceeded
from roocode_server.models.identifier import TaskId
from roocode_server.models.rewind import TaskRewind
from roocode_server.models.session import SessionUpdate
from roocode_server.models.task import (
    Activity,
    InterruptedBy,
    Task,
    TaskCreate,
    TaskRef,
    TaskSay,
    TaskStatus,
    TaskTurn,
    TaskTurnList,
    TaskUpdate,
)
from roocode_server.models.user import Role
from tests.engine.agent.conftest import Agent, call, done, say, usage

Make = Callable[..., Awaitable[Agent]]
FAILING = [ProviderFailure("REQUEST_REFUSED", "The model does not like this")]
SLOW = call("execute_command", "slow", command="echo begun > begun; sleep 600")


async def turns(agent: Agent, task: Task, **page: int) -> list[TaskTurn]:
    raw = {"sessionId": task.session_id, "taskId": task.id, **page}
    found, _ = await agent.engine.tasks.turns(TaskTurnList.load(raw))
    return found


async def go_on(agent: Agent, task: Task, text: str, *answers: Any) -> Task:
    """Say something to a task that has ended, and wait for the end of the turn."""
    agent.model.answers.extend(answers)
    await agent.say(task, text)
    return await agent.finish(task)


async def interrupt(agent: Agent, task: Task) -> Task:
    return await agent.engine.tasks.interrupt(task.session_id, task.id)


def shown(request: ModelRequest) -> list[tuple[str, str]]:
    """What a request showed the model, without the results of calls that completed the task."""
    return [(turn.role.value, turn.text) for turn in request.turns]


async def test_a_message_takes_a_completed_task_up_in_the_same_conversation(agent: Agent) -> None:
    task = await agent.run(
        [call("update_todo_list", todos="[x] look"), usage(10, 5)],
        [call("write_to_file", path="a.txt", content="a\n", line_count=1)],
        [done("a is made"), usage(20, 5)],
    )
    agent.write("by-hand.txt", "between\n")
    ended = await go_on(
        agent,
        task,
        "now also b",
        [call("write_to_file", path="b.txt", content="b\n", line_count=1)],
        [done("b is made"), usage(40, 5)],
    )
    assert (ended.status, ended.turn, ended.retry_count) == (TaskStatus.COMPLETED, 2, 0)
    assert ended.todos == "- [x] look"
    assert ended.result is not None
    assert (ended.result.summary, ended.result.files_created) == ("b is made", ["/b.txt"])
    assert ended.result.tools_used == ["write_to_file", "attempt_completion"]
    assert ended.usage.total_tokens_in == 70
    assert ended.started_at is not None
    assert ended.turn_started_at is not None
    assert ended.started_at <= ended.turn_started_at
    request = agent.model.requests[3]
    assert ("user", "do it") in shown(request)
    assert shown(request)[-1] == ("user", "now also b")
    told = await agent.events("task.started", "task.reopened", "task.resumed", "task.completed")
    assert [(each["type"], each.get("turn")) for each in told] == [
        ("task.started", None),
        ("task.completed", 1),
        ("task.reopened", 2),
        ("task.resumed", 2),
        ("task.completed", 2),
    ]
    assert told[2]["messageId"] == ended.turn_message_id
    second, first = await turns(agent, task)
    assert (first.turn, first.input, first.status, first.usage.total_tokens_in) == (
        1,
        "do it",
        "completed",
        30,
    )
    assert first.result is not None
    assert first.result.files_created == ["/a.txt"]
    assert (second.turn, second.input, second.usage.total_tokens_in) == (2, "now also b", 40)
    assert (first.iterations, second.iterations) == (3, 2)
    assert [each.turn for each in await turns(agent, task, limit=1)] == [2]
    assert [each.turn for each in await turns(agent, task, limit=1, offset=1)] == [1]
    assert not await turns(agent, task, offset=2)


async def test_a_failed_task_is_told_why_it_failed(agent: Agent) -> None:
    task = await agent.run(FAILING)
    ended = await go_on(agent, task, "try once more", [done("now")])
    assert (ended.status, ended.error, ended.turn) == (TaskStatus.COMPLETED, None, 2)
    why, said = shown(agent.model.requests[1])[-2:]
    assert "The model does not like this (REQUEST_REFUSED)" in why[1]
    assert said == ("user", "try once more")
    assert [each.status for each in await turns(agent, task)] == ["completed", "failed"]


async def test_a_call_that_was_cut_off_by_a_cancellation_is_not_made_again(agent: Agent) -> None:
    left = call("write_to_file", "left", path="left.txt", content="x\n", line_count=1)
    task = await agent.start([SLOW, left])
    await until_file(agent, "begun")
    await agent.engine.tasks.cancel(task.session_id, task.id)
    ended = await go_on(agent, task, "not that; stop here", [done("stopped")])
    assert ended.status is TaskStatus.COMPLETED
    results = {turn.call_id: turn.text for turn in agent.model.requests[1].turns if turn.call_id}
    assert "A person cancelled the task while this ran" in results["slow"]
    assert "A person cancelled the task before this was done" in results["left"]
    assert not (agent.engine.sessions.workspace(agent.session_id).folder / "left.txt").exists()


async def test_a_task_that_never_began_begins_with_its_input_and_the_message(agent: Agent) -> None:
    first = await agent.start([call("ask_followup_question", question="?", follow_up=["yes"])])
    await agent.until(first, lambda now: now.activity is Activity.INTERACTIVE)
    second = await agent.start()
    await agent.engine.tasks.cancel(second.session_id, second.id)
    agent.model.answers += [[done("one")], [done("two")]]
    await agent.say(second, "do it all the same")
    await agent.say(first, "yes")
    ended = await agent.finish(second)
    assert (ended.status, ended.turn) == (TaskStatus.COMPLETED, 2)
    assert shown(agent.model.requests[-1]) == [("user", "do it"), ("user", "do it all the same")]


async def test_those_that_failed_with_a_task_stay_failed_when_it_goes_on(agent: Agent) -> None:
    first = await agent.start([call("ask_followup_question", question="?", follow_up=["yes"])])
    await agent.until(first, lambda now: now.activity is Activity.INTERACTIVE)
    raw = {"sessionId": agent.session_id, "input": "then this", "dependencies": [first.id]}
    second = await agent.engine.tasks.create(TaskCreate.load(raw))
    await agent.engine.tasks.cancel(first.session_id, first.id)
    with pytest.raises(Conflict, match="retry that one first"):
        await agent.say(second, "go on")
    assert (await go_on(agent, first, "go on", [done()])).status is TaskStatus.COMPLETED
    assert (await agent.finish(second)).status is TaskStatus.FAILED
    assert (await go_on(agent, second, "you too", [done()])).status is TaskStatus.COMPLETED


async def test_a_message_in_the_moment_of_completion_is_heard(
    agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message is stored after the agent has looked for the last time, and before the end is stored."""
    results = agent.engine.tasks._results
    measure = results.measure
    late = ["and one thing more"]

    async def say_meanwhile(task: Task, *arguments: Any) -> Any:
        if late:
            await agent.say(task, late.pop())
        return await measure(task, *arguments)

    monkeypatch.setattr(type(results), "measure", lambda self, task, *rest: say_meanwhile(task, *rest))
    task = await agent.run([done("all done")], [done("that, too")])
    assert (task.status, task.turn) == (TaskStatus.COMPLETED, 1)
    assert task.result is not None
    assert task.result.summary == "that, too"
    assert shown(agent.model.requests[1])[-1] == ("user", "and one thing more")
    assert await agent.messages("text") == ["do it", "all done"]
    assert len(await agent.events("task.completed")) == 1


async def test_messages_while_it_is_queued_belong_to_the_same_turn(agent: Agent) -> None:
    task = await agent.run([done()])
    other = await agent.start([call("ask_followup_question", question="?", follow_up=["yes"])])
    await agent.until(other, lambda now: now.activity is Activity.INTERACTIVE)
    await agent.say(task, "first")
    await agent.say(task, "second")
    queued = await agent.engine.tasks.get(task.session_id, task.id)
    assert (queued.status, queued.activity, queued.turn) == ("pending", "queued", 2)
    agent.model.answers += [[done()], [done()]]
    await agent.say(other, "yes")
    assert (await agent.finish(task)).turn == 2
    assert shown(agent.model.requests[-1])[-2:] == [("user", "first"), ("user", "second")]


async def test_limits_are_those_of_a_turn(agent: Agent) -> None:
    looking = [call("list_files", path=".")]
    task = await agent.run(looking, [done()], maxIterations=2)
    ended = await go_on(agent, task, "again", looking, [done("again")])
    assert ended.status is TaskStatus.COMPLETED
    failed = await go_on(agent, task, "and again", looking, looking)
    assert failed.error is not None
    assert failed.error.code == "ITERATION_LIMIT"
    assert (await go_on(agent, task, "finish", [done()])).status is TaskStatus.COMPLETED


async def test_a_retry_begins_with_the_first_turn_again(agent: Agent) -> None:
    task = await agent.run([done("one")])
    await go_on(agent, task, "more", FAILING)
    agent.model.answers.append([done("anew")])
    await agent.engine.tasks.retry(TaskRef(session_id=task.session_id, task_id=task.id))
    ended = await agent.finish(task)
    assert (ended.turn, ended.retry_count, ended.turn_message_id) == (1, 1, None)
    assert shown(agent.model.requests[-1]) == [("user", "do it")]
    kept = [(each.retry_count, each.turn, each.status.value) for each in await turns(agent, task)]
    assert kept == [(1, 1, "completed"), (0, 2, "failed"), (0, 1, "completed")]


async def test_a_subtask_that_has_ended_is_not_taken_up_by_itself(agent: Agent) -> None:
    task = await agent.run([call("new_task", mode="code", message="a part")], [done("part")], [done("whole")])
    [child] = await agent.engine.tasks.below(task.id)
    with pytest.raises(Conflict, match="the task that asked for it") as refused:
        await agent.say(child, "more")
    assert refused.value.details["parentId"] == task.id
    again = [call("new_task", mode="code", message="another part")]
    ended = await go_on(agent, task, "more", again, [done("part two")], [done("whole two")])
    assert ended.status is TaskStatus.COMPLETED
    assert len(await agent.engine.tasks.below(task.id)) == 2


async def test_a_session_that_is_not_active_takes_no_task_up(agent: Agent) -> None:
    task = await agent.run([done()])
    change = {"sessionId": agent.session_id, "status": "inactive"}
    await agent.engine.sessions.update(SessionUpdate.load(change))
    with pytest.raises(Conflict, match="not active"):
        await agent.say(task, "more")
    assert await agent.messages("user_feedback") == []


async def test_a_task_that_is_taken_up_counts_as_unfinished(make_agent: Make) -> None:
    agent = await make_agent(limits={"tasks": 1})
    task = await agent.run([done()])
    other = await agent.start([call("ask_followup_question", question="?", follow_up=["yes"])])
    await agent.until(other, lambda now: now.activity is Activity.INTERACTIVE)
    person = dataclasses.replace(agent.caller, roles=(Role.DEVELOPER,))
    raw = {"sessionId": task.session_id, "taskId": task.id, "text": "more"}
    with pytest.raises(WorkspaceLimitExceeded, match="1 unfinished tasks"):
        await agent.engine.tasks.say(person, TaskSay.load(raw))
    assert await agent.messages("user_feedback") == []


async def test_a_task_that_was_taken_up_goes_on_after_a_restart(agent: Agent) -> None:
    task = await agent.run([done()])
    other = await agent.start([call("ask_followup_question", question="?", follow_up=["yes"])])
    await agent.until(other, lambda now: now.activity is Activity.INTERACTIVE)
    await agent.say(task, "more")
    agent = await agent.reopen()
    agent.model.answers.append([done("more is done")])
    ended = await agent.finish(task)
    assert (ended.turn, ended.status) == (2, TaskStatus.COMPLETED)
    assert shown(agent.model.requests[0])[-1] == ("user", "more")


async def until_file(agent: Agent, path: str) -> None:
    file = agent.engine.sessions.workspace(agent.session_id).folder / path
    async with asyncio.timeout(60):
        while not file.exists():
            await asyncio.sleep(0.01)


async def test_an_interrupted_task_goes_on_with_what_a_person_says(agent: Agent) -> None:
    left = call("write_to_file", "left", path="left.txt", content="x\n", line_count=1)
    task = await agent.start([SLOW, left])
    await until_file(agent, "begun")
    stopped = await interrupt(agent, task)
    assert (stopped.status, stopped.activity) == ("pending", "resumable")
    assert stopped.interrupted_by is InterruptedBy.PERSON
    [told] = await agent.events("task.resumable")
    assert (told["interruptedBy"], told["reason"]) == ("person", "A person interrupted it")
    assert [each["code"] for each in await agent.events("tool.failed")] == ["CALL_INTERRUPTED"]
    ended = await go_on(agent, task, "something else", [done("else")])
    assert (ended.status, ended.turn, ended.interrupted_by) == (TaskStatus.COMPLETED, 1, None)
    results = {turn.call_id: turn.text for turn in agent.model.requests[1].turns if turn.call_id}
    assert "A person stopped the work while this ran" in results["slow"]
    assert "A person stopped the work before this was done" in results["left"]
    assert shown(agent.model.requests[1])[-1] == ("user", "something else")


async def test_an_interrupted_task_that_is_resumed_makes_the_calls_that_had_not_begun(agent: Agent) -> None:
    left = call("write_to_file", "left", path="left.txt", content="x\n", line_count=1)
    task = await agent.start([SLOW, left])
    await until_file(agent, "begun")
    await interrupt(agent, task)
    agent.model.answers.append([done()])
    await agent.engine.tasks.resume(task.session_id, task.id)
    assert (await agent.finish(task)).status is TaskStatus.COMPLETED
    assert agent.read("left.txt") == "x\n"


async def test_only_a_task_that_runs_can_be_interrupted(agent: Agent) -> None:
    first = await agent.start([call("ask_followup_question", question="?", follow_up=["yes"])])
    await agent.until(first, lambda now: now.activity is Activity.INTERACTIVE)
    queued = await agent.start([done()])
    for task in (queued, await agent.engine.tasks.get(first.session_id, first.id)):
        if task.id == first.id:
            await interrupt(agent, task)
        with pytest.raises(Conflict, match="not running"):
            await interrupt(agent, task)
    assert (await agent.finish(queued)).status is TaskStatus.COMPLETED
    with pytest.raises(Conflict, match="not running"):
        await interrupt(agent, queued)
    with pytest.raises(NotFound):
        await agent.engine.tasks.interrupt(agent.session_id, TaskId("task-unknown"))


async def test_an_approval_stays_and_its_answer_resumes_an_interrupted_task(make_agent: Make) -> None:
    agent = await make_agent(config={"approvals": [{"decision": "ask"}]})
    writing = call("write_to_file", "asked", path="a.txt", content="x\n", line_count=1)
    task = await agent.start([writing])
    await agent.until(task, lambda now: now.activity is Activity.INTERACTIVE)
    await interrupt(agent, task)
    [pending] = await agent.engine.approvals.pending(task.id)
    agent.model.answers.append([done()])
    raw = {"sessionId": agent.session_id, "taskId": task.id, "action": "approve"}
    await agent.engine.tasks.update(agent.caller, TaskUpdate.load(raw))
    assert (await agent.finish(task)).status is TaskStatus.COMPLETED
    assert agent.read("a.txt") == "x\n"
    assert pending.call_id == "asked"


async def test_a_subtask_is_interrupted_with_the_task_that_waits_for_it(agent: Agent) -> None:
    task = await agent.start([call("new_task", mode="code", message="a part")], [SLOW])
    await until_file(agent, "begun")
    [child] = await agent.engine.tasks.below(task.id)
    stopped = await interrupt(agent, child)
    assert (stopped.id, stopped.activity) == (child.id, Activity.RESUMABLE)
    whole = await agent.engine.tasks.get(task.session_id, task.id)
    assert (whole.activity, whole.interrupted_by) == (Activity.RESUMABLE, InterruptedBy.PERSON)
    agent.model.answers += [[done("part")], [done("whole")]]
    await agent.say(child, "leave that")
    ended = await agent.finish(task)
    assert ended.status is TaskStatus.COMPLETED
    assert shown(agent.model.requests[2])[-1] == ("user", "leave that")


async def test_a_subtask_that_has_ended_does_not_interrupt_its_parent(agent: Agent) -> None:
    task = await agent.start([call("new_task", mode="code", message="a part")], [done("part")], [SLOW])
    await until_file(agent, "begun")
    [child] = await agent.engine.tasks.below(task.id)
    with pytest.raises(Conflict, match="not running"):
        await interrupt(agent, child)
    assert (await agent.engine.tasks.get(task.session_id, task.id)).activity is Activity.ACTIVE
    await agent.engine.tasks.cancel(task.session_id, task.id)


async def test_a_task_that_a_person_interrupted_is_not_resumed_at_the_start(make_agent: Make) -> None:
    agent = await make_agent({"resume_on_start": True})
    task = await agent.start([call("ask_followup_question", question="?", follow_up=["yes"])])
    await agent.until(task, lambda now: now.activity is Activity.INTERACTIVE)
    await interrupt(agent, task)
    agent = await agent.reopen()
    assert not agent.engine.tasks._runner.is_driving(task.id)
    agent.model.answers.append([done()])
    await agent.say(task, "yes")
    assert (await agent.finish(task)).status is TaskStatus.COMPLETED


async def continuing(agent: Agent, source: str, *answers: Any, **fields: Any) -> Task:
    agent.model.answers.extend(answers)
    raw = {"sessionId": agent.session_id, "input": "go on", "continueFrom": source, **fields}
    return await agent.engine.tasks.create(TaskCreate.load(raw))


async def test_a_new_task_continues_from_one_that_has_ended(agent: Agent) -> None:
    raw = {"sessionId": agent.session_id, "input": "do it", "clientId": "first", "config": {"mode": "ask"}}
    agent.model.answers += [[call("update_todo_list", todos="[x] look")], [say("hm"), done("one")]]
    first = await agent.finish(await agent.engine.tasks.create(TaskCreate.load(raw)))
    task = await agent.finish(await continuing(agent, "first", FAILING))
    assert (task.continued_from, task.mode, task.todos) == (first.id, "ask", "- [x] look")
    said = shown(agent.model.requests[2])
    assert said[0] == ("user", "do it")
    assert said[-1] == ("user", "go on")
    assert len(agent.model.requests[2].turns) == len(agent.model.requests[1].turns) + 3
    agent.model.answers.append([done("two")])
    await agent.engine.tasks.retry(TaskRef(session_id=task.session_id, task_id=task.id))
    ended = await agent.finish(task)
    assert ended.status is TaskStatus.COMPLETED
    assert shown(agent.model.requests[3]) == said
    assert ended.mode == "ask"
    assert (await turns(agent, first))[0].turn == 1


async def test_a_task_does_not_continue_from_one_under_way_or_unknown(agent: Agent) -> None:
    task = await agent.start([call("ask_followup_question", question="?", follow_up=["yes"])])
    await agent.until(task, lambda now: now.activity is Activity.INTERACTIVE)
    with pytest.raises(Conflict, match="has not ended"):
        await continuing(agent, task.id)
    with pytest.raises(NotFound):
        await continuing(agent, "nothing")
    await agent.engine.tasks.cancel(task.session_id, task.id)
    ended = await agent.finish(await continuing(agent, task.id, [done()]))
    assert ended.status is TaskStatus.COMPLETED
    roles = [turn.role for turn in agent.model.requests[1].turns]
    assert roles == [TurnRole.USER, TurnRole.ASSISTANT, TurnRole.TOOL, TurnRole.USER]


async def queued(agent: Agent, text: str, **fields: Any) -> Task:
    """Ask for a task that continues from whichever one has worked last."""
    raw = {"sessionId": agent.session_id, "input": text, "continueLatest": True, **fields}
    return await agent.engine.tasks.create(TaskCreate.load(raw))


async def test_tasks_asked_for_one_after_the_other_know_what_came_before(agent: Agent) -> None:
    agent.model.answers += [[call("update_todo_list", todos="[x] look")]]
    agent.model.answers += [[call("ask_followup_question", question="?", follow_up=["yes"])]]
    first = await queued(agent, "one", config={"mode": "ask"})
    await agent.until(first, lambda now: now.activity is Activity.INTERACTIVE)
    second, third = await queued(agent, "two"), await queued(agent, "three", config={"mode": "code"})
    assert (second.continue_latest, second.continued_from, second.mode) == (True, None, "code")
    agent.model.answers += [[done("one is done")], [done("two is done")], [done("three is done")]]
    await agent.say(first, "yes")
    first, second, third = [await agent.finish(task) for task in (first, second, third)]
    assert [task.continued_from for task in (first, second, third)] == [None, first.id, second.id]
    assert [task.mode for task in (first, second, third)] == ["ask", "ask", "code"]
    assert second.todos == third.todos == "- [x] look"
    said = [text for role, text in shown(agent.model.requests[-1]) if role == "user"]
    assert said[:1] + said[-2:] == ["one", "two", "three"]
    told = await agent.events("task.started")
    assert [each.get("continuedFrom") for each in told] == [None, first.id, second.id]


async def test_a_queued_task_knows_how_far_the_one_before_it_came_when_it_failed_or_was_stopped(
    agent: Agent,
) -> None:
    first = await agent.start([SLOW])
    second = await queued(agent, "go on")
    await until_file(agent, "begun")
    agent.model.answers += [FAILING, [done()]]
    await interrupt(agent, first)
    second = await agent.finish(second)
    assert (second.status, second.continued_from) == (TaskStatus.FAILED, first.id)
    cut_off = next(turn for turn in agent.model.requests[1].turns if turn.call_id == "slow")
    assert cut_off.text.startswith("The task before this one ended while this ran, so its outcome is unknown")
    third = await agent.finish(await queued(agent, "and on"))
    assert (third.status, third.continued_from) == (TaskStatus.COMPLETED, second.id)
    resumed = await go_on(agent, first, "and you", [done()])
    assert resumed.status is TaskStatus.COMPLETED


async def test_a_task_that_has_waited_over_a_restart_continues_from_the_one_before(agent: Agent) -> None:
    first = await agent.start([call("ask_followup_question", question="?", follow_up=["yes"])])
    await agent.until(first, lambda now: now.activity is Activity.INTERACTIVE)
    second = await queued(agent, "go on")
    agent = await agent.reopen([done("two")])
    second = await agent.finish(second)
    assert (second.status, second.continued_from) == (TaskStatus.COMPLETED, first.id)


async def test_a_retried_task_begins_with_the_conversation_that_it_began_with(agent: Agent) -> None:
    first = await agent.run([done("one")])
    agent.model.answers += [FAILING, [done("another")], [done("two")]]
    second = await agent.finish(await queued(agent, "go on"))
    await agent.finish(await queued(agent, "something else"))
    await agent.engine.tasks.retry(TaskRef(session_id=second.session_id, task_id=second.id))
    again = await agent.finish(second)
    assert (again.status, again.continued_from) == (TaskStatus.COMPLETED, first.id)
    assert shown(agent.model.requests[-1]) == shown(agent.model.requests[1])


async def test_there_may_be_nothing_to_continue_from(agent: Agent) -> None:
    task = await agent.finish(await queued(agent, "begin", type="first"))
    assert task.continued_from is None
    with pytest.raises(InvalidField) as refused:
        await queued(agent, "x", continueFrom=task.id)
    assert "continues from one task" in str(refused.value.details)


async def test_a_task_that_is_rewound_to_an_earlier_turn_goes_on_in_the_present_one(agent: Agent) -> None:
    task = await agent.run([say("first words"), done("one")])
    await go_on(agent, task, "more", [done("two")])
    told = await agent.events("message.created")
    place = next(each["message"] for each in told if each["message"]["text"] == "first words")
    request = {"sessionId": task.session_id, "taskId": task.id, "messageId": place["id"], "files": False}
    rewound, _ = await agent.engine.rewinding.rewind(TaskRewind.load(request))
    assert (rewound.activity, rewound.interrupted_by) == (Activity.RESUMABLE, InterruptedBy.PERSON)
    ended = await go_on(agent, task, "rather this", [done("three")])
    assert (ended.status, ended.turn) == (TaskStatus.COMPLETED, 2)
    assert ended.result is not None
    assert ended.result.summary == "three"
    said = [text for role, text in shown(agent.model.requests[-1]) if role == "user"]
    assert said == ["do it", "rather this"]
    assert [each.turn for each in await turns(agent, task)] == [2, 1]


async def test_a_turn_is_checked_by_itself(agent: Agent) -> None:
    checks = {"commands": [{"command": "test -e wanted.txt"}], "maxAttempts": 1}
    failed = await agent.run([done("not yet")], checks=checks)
    assert failed.error is not None
    assert failed.error.code == "CHECKS_FAILED"
    making = [call("write_to_file", path="wanted.txt", content="x\n", line_count=1)]
    ended = await go_on(agent, failed, "make it", making, [done("it is there")])
    assert ended.status is TaskStatus.COMPLETED
    assert ended.result is not None
    assert ended.result.checks is not None
    assert ended.result.checks.attempt == 1
