"""External agents over the Agent Client Protocol: a stand-in for rare behaviour, opencode for the rest."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from roocode_server.models.approval import ApprovalRespond
from roocode_server.models.error import ValidationFailed
from roocode_server.models.session import SessionUpdate
from roocode_server.models.task import Activity, Task, TaskStatus
from tests.engine.agent.conftest import Agent
from tests.support.mock_models import MockModels
from tests.support.outside import OtherMachine

Make = Callable[..., Awaitable[Agent]]
SMALL = (Path(__file__).parent / "programs" / "small_agent.py").read_text()
OPENCODE = Path(__file__).resolve().parents[3] / "node_modules" / "opencode-linux-x64"


async def small(make_agent: Make, do: str, *, edit: str = "always", **config: Any) -> Agent:
    """An engine whose session's agent is the stand-in."""
    acp = {"command": ["python3", "agent.py", do], "environment": {"PLAIN": "p"}}
    agent = await make_agent(
        {"acp_environment": ["GIVEN"]}, {"agent": {"acp": acp}, **config}, approvals={"edit": edit}
    )
    agent.write("agent.py", SMALL)
    return agent


async def answer(agent: Agent, task: Task, action: str) -> None:
    asked = await agent.approval(task)
    raw = {"sessionId": agent.session_id, "approvalId": asked.id, "action": action}
    await agent.engine.tasks.respond(agent.caller, ApprovalRespond.load(raw))


async def test_what_it_says_thinks_and_plans_is_told(make_agent: Make) -> None:
    agent = await small(make_agent, "talk")
    task = await agent.run()
    assert task.status is TaskStatus.COMPLETED
    assert task.result is not None
    assert task.result.summary == "All done."
    assert task.todos == "- [x] look\n- [-] do"
    assert await agent.messages("reasoning") == ["hm"]
    assert "All done." in await agent.messages("text")


async def test_costs_that_it_reports_are_counted_in_dollars_and_never_taken_back(make_agent: Make) -> None:
    agent = await small(make_agent, "spend")
    task = await agent.run(maxCost=1.3)
    assert task.status is TaskStatus.COMPLETED
    assert task.usage.total_cost == 1.25


async def test_it_is_stopped_when_it_reports_to_have_used_up_its_budget(make_agent: Make) -> None:
    agent = await small(make_agent, "spend on")
    task = await agent.run(maxCost=0.05)
    assert task.status is TaskStatus.FAILED
    assert task.error is not None
    assert task.error.details == {"budget": "maxCost", "used": 0.05, "limit": 0.05}
    assert task.usage.total_cost < 9


@pytest.mark.parametrize("budget", ["maxTokens", "maxRequests"])
async def test_a_budget_that_it_does_not_report_is_refused(make_agent: Make, budget: str) -> None:
    agent = await small(make_agent, "talk")
    with pytest.raises(ValidationFailed) as refused:
        await agent.start(**{budget: 1000})
    assert f"config.{budget}" in str(refused.value.details)


async def test_its_permission_requests_are_approvals_and_its_writes_events(make_agent: Make) -> None:
    agent = await small(make_agent, "edit", edit="ask")
    task = await agent.start()
    await answer(agent, task, "approve")
    ended = await agent.finish(task)
    assert ended.result is not None
    assert ended.result.summary == "allowed True, written True"
    assert ended.result.files_created == ["/a.txt"]
    assert agent.read("a.txt") == "hello\n"
    assert [each["path"] for each in await agent.events("file.created")] == ["/a.txt"]
    assert [each["toolName"] for each in await agent.events("tool.started", "tool.completed")] == ["edit"] * 2
    assert ended.tool_usage["edit"].attempts == 1


async def test_a_refusal_reaches_it_and_nothing_is_written_behind_it(make_agent: Make) -> None:
    agent = await small(make_agent, "edit", edit="ask")
    task = await agent.start()
    await answer(agent, task, "reject")
    await answer(agent, task, "reject")  # it tries to write all the same
    ended = await agent.finish(task)
    assert ended.result is not None
    assert ended.result.summary == "allowed False, written False"
    assert not ended.result.files_created


async def test_an_approval_does_not_count_for_another_request_under_the_same_id(make_agent: Make) -> None:
    agent = await small(make_agent, "ask twice", approvals=[{"decision": "ask", "group": "command"}])
    task = await agent.start()
    await answer(agent, task, "approve")
    await answer(agent, task, "reject")
    await agent.finish(task)
    asked = await agent.events("approval.required")
    assert [each["description"] for each in asked] == ["make", "make install"]


async def test_a_rule_decides_where_one_fits(make_agent: Make) -> None:
    rules = [{"decision": "never", "path": "a.txt"}]
    agent = await small(make_agent, "edit", approvals=rules)
    task = await agent.run()
    assert task.result is not None
    assert task.result.summary == "allowed False, written False"
    assert not await agent.events("approval.required")


@pytest.mark.parametrize("do", ["read", "other"])
async def test_a_granted_call_lets_no_other_file_be_written(make_agent: Make, do: str) -> None:
    """An approved read, or an edit of another file, does not permit this write."""
    rules = [{"decision": "always", "path": "/a.txt"}]
    agent = await small(make_agent, do, edit="ask", approvals=rules)
    task = await agent.start()
    await answer(agent, task, "reject")  # nobody was asked about a.txt, but about b.txt
    ended = await agent.finish(task)
    assert ended.result is not None
    assert ended.result.summary == "written False"
    assert [each["description"] for each in await agent.events("approval.required")] == ["Write b.txt"]


@pytest.mark.parametrize("place", ["a rule", ".rooignore"])
async def test_what_is_kept_from_agents_is_kept_from_a_program(make_agent: Make, place: str) -> None:
    rules = [{"decision": "never", "path": "secret/**"}] if place == "a rule" else []
    agent = await small(make_agent, "look", approvals=rules)
    agent.write("secret/a.txt", "hunter2")
    if place == ".rooignore":
        agent.write(".rooignore", "secret/\n")
    task = await agent.run()
    assert task.result is not None
    assert task.result.summary == "read False"


@pytest.mark.parametrize(("do", "said"), [("escape", "-32602"), ("terminal", "-32601")])
async def test_what_it_may_not_have_is_refused(make_agent: Make, do: str, said: str) -> None:
    agent = await small(make_agent, do)
    task = await agent.run()
    assert task.result is not None
    assert said in task.result.summary
    assert "None" not in task.result.summary


async def test_it_runs_in_the_sandbox_with_the_variables_it_is_given(
    make_agent: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIVEN", "g")
    agent = await small(make_agent, "where")
    task = await agent.run()
    assert task.result is not None
    assert task.result.summary == f"/workspaces/{agent.session_id} False g p"


@pytest.mark.parametrize(
    ("do", "code", "told"),
    [
        ("die", "AGENT_FAILED", "something broke"),
        ("refuse", "AGENT_REFUSAL", "refused"),
        ("wander", "AGENT_FAILED", "gone_fishing"),
        ("fail", "AGENT_FAILED", 'Not today ({"hint": "log in first", "field": [1]})'),
    ],
)
async def test_an_agent_that_cannot_go_on_ends_the_task(
    make_agent: Make, do: str, code: str, told: str
) -> None:
    agent = await small(make_agent, do)
    task = await agent.run()
    assert task.status is TaskStatus.FAILED
    assert task.error is not None
    assert task.error.code == code
    assert told in task.error.message


async def test_an_emoji_that_is_cut_in_two_is_told_and_kept_whole(make_agent: Make) -> None:
    agent = await small(make_agent, "emoji")
    task = await agent.run()
    assert task.result is not None
    assert task.result.summary == "It is done \U0001f600."
    assert "It is done \U0001f600." in await agent.messages("text")


async def test_it_reads_the_lines_that_others_count(make_agent: Make) -> None:
    agent = await small(make_agent, "lines")
    agent.write("a.txt", "a\fb\u2028c\u0085d\re\nsecond\x1c\r\nthird\n")
    task = await agent.run()
    assert task.result is not None
    assert task.result.summary == "second\x1c\r\n"


async def test_a_program_that_is_not_there(make_agent: Make) -> None:
    agent = await make_agent(None, {"agent": {"acp": {"command": ["no-such-agent"]}}})
    task = await agent.run()
    assert task.error is not None
    assert task.error.code == "AGENT_FAILED"


async def test_a_program_that_the_session_may_not_run(make_agent: Make) -> None:
    agent = await small(make_agent, "talk", allowedCommands=["npm"])
    task = await agent.run()
    assert task.error is not None
    assert task.error.code == "AGENT_FORBIDDEN"
    assert "Allowed are commands that begin with: `npm`." in task.error.message


async def test_cancelling_ends_the_program(make_agent: Make) -> None:
    agent = await small(make_agent, "hang")
    task = await agent.start()
    await agent.until(task, lambda now: now.status is TaskStatus.RUNNING)
    await agent.engine.tasks.cancel(agent.session_id, task.id)
    assert (await agent.finish(task)).status is TaskStatus.CANCELLED


async def test_a_message_is_the_next_prompt(make_agent: Make) -> None:
    agent = await small(make_agent, "edit", edit="ask")
    task = await agent.start()
    await agent.until(task, lambda now: now.activity is Activity.INTERACTIVE)
    await agent.say(task, "Not there.")  # a refusal with these words
    await answer(agent, task, "reject")
    await answer(agent, task, "approve")  # the second prompt's request
    ended = await agent.finish(task)
    assert ended.result is not None
    assert ended.result.summary == "allowed True, written True"


async def test_opencode_does_a_task(
    make_agent: Make, mock_models: MockModels, other_machine: OtherMachine
) -> None:
    """A real agent program, with a mock of a model's server: permission, write, message, usage."""
    port = other_machine.serve(int(mock_models.url.rpartition(":")[2]))
    write = {"filePath": "hello.txt", "content": "hello\n"}
    mock_models.say(
        {"content": "I write it.", "toolCalls": [{"name": "write", "arguments": json.dumps(write)}]},
        match={"hasToolResult": False, "userMessage": "hello.txt"},
    )
    mock_models.say({"content": "It is written."}, match={"hasToolResult": True})
    mock_models.say({"content": "A title"})
    agent = await make_agent(
        None,
        {
            "agent": {
                "acp": {
                    "command": [str(OPENCODE / "bin" / "opencode"), "acp"],
                    "environment": {
                        "OPENCODE_DISABLE_MODELS_FETCH": "1",
                        "OPENCODE_DISABLE_AUTOUPDATE": "1",
                        "NO_PROXY": other_machine.address,
                    },
                }
            },
            "network": True,
            "resourceLimits": {"maxMemoryMB": 4096, "maxProcesses": 512},
        },
        approvals={"edit": "ask"},
        runtime={"read_only_paths": [str(OPENCODE)]},
    )
    provider = {
        "npm": "@ai-sdk/openai-compatible",
        "name": "Mock",
        "options": {"baseURL": f"http://{other_machine.address}:{port}/v1", "apiKey": mock_models.key},
        "models": {"any-model": {"name": "any"}},
    }
    settings = {
        "autoupdate": False,
        "share": "disabled",
        "model": "mock/any-model",
        "small_model": "mock/any-model",
        "permission": {"edit": "ask"},
        "provider": {"mock": provider},
    }
    agent.write("opencode.json", json.dumps(settings))
    task = await agent.start(input="Write hello.txt")
    await answer(agent, task, "approve")
    ended = await agent.finish(task)
    assert ended.status is TaskStatus.COMPLETED, ended.error
    assert agent.read("hello.txt") == "hello\n"
    assert ended.result is not None
    assert "It is written." in ended.result.summary
    [asked] = await agent.events("approval.required")
    assert asked["toolName"] == "edit"
    assert "/hello.txt" in ended.result.files_created


async def test_it_goes_on_in_its_own_session_if_it_can_load_it(make_agent: Make) -> None:
    agent = await small(make_agent, "remember")
    task = await agent.run()
    await agent.say(task, "and more")
    ended = await agent.finish(task)
    assert ended.result is not None
    assert (ended.turn, ended.result.summary) == (2, "do it|and more|")
    assert "what was said before" not in await agent.messages("text")


@pytest.mark.parametrize("do", ["remember", "forget"])
async def test_it_is_told_what_was_said_if_its_session_is_gone(make_agent: Make, do: str) -> None:
    agent = await small(make_agent, do)
    task = await agent.run()
    (agent.engine.sessions.workspace(agent.session_id).folder / "memory.txt").unlink()
    await agent.say(task, "and more")
    ended = await agent.finish(task)
    assert ended.result is not None
    said = ended.result.summary
    assert said.startswith("You begin anew in the same workspace and do not remember what was said before")
    assert "The person said:\ndo it\n\nYou said:\ndo it|" in said
    assert said.endswith("Now:\nand more|")


async def test_a_failed_one_is_told_why_it_failed(make_agent: Make) -> None:
    agent = await small(make_agent, "refuse")
    task = await agent.run()
    assert task.error is not None
    acp = {"command": ["python3", "agent.py", "forget"]}
    change = {"sessionId": agent.session_id, "config": {"agent": {"acp": acp}}}
    await agent.engine.sessions.update(SessionUpdate.load(change))
    await agent.say(task, "please")
    ended = await agent.finish(task)
    assert ended.result is not None
    assert "Work on the task failed: The agent refused the task. (AGENT_REFUSAL)" in ended.result.summary
    assert ended.result.summary.endswith("please|")
