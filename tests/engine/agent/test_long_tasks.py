"""Long tasks: subtasks, things to do, condensing, and the guard against repeated mistakes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import orjson
import pytest

from roocode_server.engine.providers.provider import ModelRequest, ProviderFailure
from roocode_server.models.approval import Approval, ApprovalRespond, ApprovalStatus
from roocode_server.models.error import Conflict
from roocode_server.models.task import Activity, Task, TaskStatus
from tests.engine.agent.conftest import Agent, call, done, say, usage

TODOS = "- [x] look\n- [ ] do"


def subtask(message: str = "write a.txt", mode: str = "code") -> object:
    return call("new_task", "spawn", mode=mode, message=message)


async def asked(agent: Agent, task: Task, action: str) -> Approval:
    """The approval that the task waits for."""
    await agent.until(task, lambda now: now.activity is Activity.INTERACTIVE)
    [pending] = await agent.engine.approvals.pending(task.id)
    assert pending.action == action
    return pending


async def respond(agent: Agent, approval: Approval, action: str) -> None:
    raw = {"sessionId": agent.session_id, "approvalId": approval.id, "action": action}
    await agent.engine.tasks.respond(agent.caller, ApprovalRespond.load(raw))


async def test_a_subtask_runs_while_its_parent_is_paused_and_returns_its_result(agent: Agent) -> None:
    parent = await agent.run(
        [subtask()],  # the parent
        [call("write_to_file", path="a.txt", content="a")],  # the child
        [done("wrote it")],  # the child
        [done("all done")],  # the parent
    )
    assert parent.status is TaskStatus.COMPLETED
    assert agent.model.requests[3].turns[-1].text == "wrote it"
    types = [
        (each["type"], each["taskId"] == parent.id)
        for each in await agent.events(
            "task.spawned", "task.paused", "task.started", "task.completed", "task.unpaused"
        )
    ]
    assert types == [
        ("task.started", True),
        ("task.spawned", True),
        ("task.paused", True),
        ("task.started", False),
        ("task.completed", False),
        ("task.unpaused", True),
        ("task.completed", True),
    ]
    completed = await agent.events("task.completed")
    assert [each["isSubtask"] for each in completed] == [True, False]


async def test_a_subtask_has_its_own_mode_and_conversation(agent: Agent) -> None:
    await agent.run([subtask("what is here?", "ask")], [done("nothing")], [done()])
    child = agent.model.requests[1]
    assert child.turns[0].text == "what is here?"
    assert "Mode: ask" in child.system


async def test_a_subtask_that_fails_is_told_to_its_parent(agent: Agent) -> None:
    broken = ProviderFailure("MODEL_UNKNOWN", "No such model")
    parent = await agent.run([subtask()], [broken], [done("without it")])
    assert parent.status is TaskStatus.COMPLETED
    answer = agent.model.requests[2].turns[-1]
    assert not answer.success
    assert "No such model" in answer.text


async def test_a_subtask_in_no_mode_is_refused(agent: Agent) -> None:
    await agent.run([subtask(mode="none")], [done()])
    assert "There is no mode `none`" in agent.model.requests[1].turns[-1].text


async def test_cancelling_a_parent_cancels_its_subtask(agent: Agent) -> None:
    parent = await agent.start([subtask()], [call("execute_command", command="sleep 1000")])
    await agent.until(parent, lambda now: now.activity is Activity.PAUSED)
    await agent.engine.tasks.cancel(agent.session_id, parent.id)
    cancelled = await agent.events("task.cancelled")
    assert len(cancelled) == 2
    assert agent.engine.runner.running == 0


async def test_a_cancelled_subtask_leaves_its_parent_at_work(agent: Agent) -> None:
    parent = await agent.start([subtask()], [call("execute_command", command="sleep 1000")], [done("alone")])
    await agent.at_work(2)
    [spawned] = await agent.events("task.spawned")
    await agent.engine.tasks.cancel(agent.session_id, spawned["childTaskId"])
    assert (await agent.finish(parent)).status is TaskStatus.COMPLETED
    assert "cancelled" in agent.model.requests[2].turns[-1].text


async def test_parent_and_subtask_go_on_after_a_stop(agent: Agent) -> None:
    parent = await agent.start([subtask()], [call("ask_followup_question", question="Which name?")])
    await agent.until(parent, lambda now: now.activity is Activity.PAUSED)
    [spawned] = await agent.events("task.spawned")
    child = await agent.engine.tasks.get(agent.session_id, spawned["childTaskId"])
    await agent.until(child, lambda now: now.activity is Activity.INTERACTIVE)
    again = await agent.reopen()
    again.model.answers = [[done("named")], [done("all")]]
    await again.say(child, "b.txt")
    assert (await again.finish(parent)).status is TaskStatus.COMPLETED
    assert len(await again.events("task.created")) == 2


async def test_the_list_of_things_to_do_is_kept_and_shown_to_the_model(agent: Agent) -> None:
    task = await agent.run([call("update_todo_list", todos=TODOS)], [done()])
    assert task.todos == TODOS
    assert TODOS in agent.model.requests[1].system
    [told] = await agent.events("todos.updated")
    assert told["todos"] == TODOS


async def test_a_conversation_near_the_window_goes_on_from_a_summary(
    make_agent: Callable[..., Awaitable[Agent]],
) -> None:
    agent = await make_agent(config={"model": "gpt-4o"})
    await agent.run(
        [usage(120_000, 500), call("list_files", path=".")],
        [say("There was nothing.")],  # the summary
        [done()],
        input="look around",
    )
    summary_request, next_request = agent.model.requests[1:3]
    assert not summary_request.tools
    assert len(next_request.turns) == 1
    assert "look around" in next_request.turns[0].text
    assert "There was nothing." in next_request.turns[0].text
    [told] = await agent.events("task.condensed")
    assert told["tokensBefore"] == 120_500


async def test_nothing_stored_is_lost_by_condensing(make_agent: Callable[..., Awaitable[Agent]]) -> None:
    agent = await make_agent(config={"model": "gpt-4o"})
    task = await agent.run(
        [usage(120_000, 500), say("I look."), call("list_files", path=".")], [say("Empty.")], [done()]
    )
    runner = agent.engine.runner
    stored = await runner._services.transcripts.load(task.id)
    assert [turn.is_summary for turn in stored.turns] == [False, False, False, True, False, False]
    assert stored.turns[1].text == "I look."


async def test_a_conversation_that_overflows_goes_on_from_its_end(agent: Agent) -> None:
    overflow = ProviderFailure("CONTEXT_OVERFLOW", "Too long")
    task = await agent.run([say("step one"), call("list_files", path=".")], [overflow], [overflow], [done()])
    assert task.status is TaskStatus.COMPLETED
    assert "step one" in agent.model.requests[-1].turns[0].text
    assert await agent.messages("sliding_window_truncation")


async def test_condensing_can_be_asked_for(agent: Agent) -> None:
    def ask(_: ModelRequest) -> list[object]:
        agent.engine.runner.condense(task.id)
        return [call("list_files", path=".")]

    task = await agent.start(ask, [say("So far nothing.")], [done()])  # type: ignore[arg-type]
    assert (await agent.finish(task)).status is TaskStatus.COMPLETED
    assert len(await agent.events("task.condensed")) == 1


async def test_a_task_that_does_not_run_is_not_condensed(agent: Agent) -> None:
    task = await agent.run([done()])
    with pytest.raises(Conflict):
        await agent.engine.tasks.condense(agent.session_id, task.id)


async def test_after_mistakes_in_a_row_somebody_is_asked(agent: Agent) -> None:
    wrong = [call("read_file"), call("no_such_tool"), call("write_to_file", path="a")]
    task = await agent.start(wrong, [done("in the end")])
    approval = await asked(agent, task, "mistake_limit_reached")
    assert await agent.events("task.idle")
    await respond(agent, approval, "approve")
    ended = await agent.finish(task)
    assert ended.status is TaskStatus.COMPLETED
    assert ended.tool_usage["read_file"].failures == 1
    assert "no_such_tool" not in ended.tool_usage
    failed = await agent.events("tool.failed")
    assert [each["toolName"] for each in failed] == ["read_file", "no_such_tool", "write_to_file"]


async def test_a_person_can_end_what_leads_nowhere(make_agent: Callable[..., Awaitable[Agent]]) -> None:
    agent = await make_agent({"mistake_limit": 1})
    task = await agent.start([say("I do not know.")])
    await respond(agent, await asked(agent, task, "mistake_limit_reached"), "reject")
    ended = await agent.finish(task)
    assert ended.status is TaskStatus.FAILED
    assert ended.error is not None
    assert ended.error.code == "MISTAKE_LIMIT"


async def test_a_message_shows_the_way_on(make_agent: Callable[..., Awaitable[Agent]]) -> None:
    agent = await make_agent({"mistake_limit": 1})
    task = await agent.start([say("I do not know.")], [done()])
    await asked(agent, task, "mistake_limit_reached")
    await agent.say(task, "Just finish.")
    assert (await agent.finish(task)).status is TaskStatus.COMPLETED
    assert agent.model.requests[-1].turns[-1].text == "Just finish."


async def test_an_answer_without_a_call_is_answered_with_how_to_go_on(agent: Agent) -> None:
    task = await agent.run([say("Hello!")], [done()])
    assert task.status is TaskStatus.COMPLETED
    assert "attempt_completion" in agent.model.requests[1].turns[-1].text


async def test_limits_of_automatic_approval_ask_before_they_are_passed(
    make_agent: Callable[..., Awaitable[Agent]],
) -> None:
    agent = await make_agent(
        config={
            "autoApproval": {
                "autoApprovalEnabled": True,
                "alwaysAllowReadOnly": True,
                "allowedMaxRequests": 1,
            }
        }
    )
    task = await agent.start([call("list_files", path=".")], [done()])
    approval = await asked(agent, task, "auto_approval_max_req_reached")
    await respond(agent, approval, "approve")
    assert (await agent.finish(task)).status is TaskStatus.COMPLETED
    [resolved] = await agent.events("approval.resolved")
    assert resolved["status"] == ApprovalStatus.APPROVED


async def test_a_question_is_answered_by_its_first_suggestion_where_the_session_says_so(
    make_agent: Callable[..., Awaitable[Agent]],
) -> None:
    auto = {
        "autoApprovalEnabled": True,
        "alwaysAllowFollowupQuestions": True,
        "followupAutoApproveTimeoutMs": 1,
    }
    agent = await make_agent(config={"autoApproval": auto})
    question = call("ask_followup_question", question="Which?", follow_up=["this", "that"])
    await agent.run([question], [done()])
    assert agent.model.requests[1].turns[-1].text == "this"
    [told] = await agent.messages("followup")
    assert [each["answer"] for each in orjson.loads(told)["suggest"]] == ["this", "that"]
