"""Where nobody answers, a model may decide: in time, and whatever the material asks of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from roocode_server.engine.providers.provider import ModelEvent, ModelRequest, ProviderFailure
from roocode_server.models.error import InvalidField
from roocode_server.models.session import SessionCreate
from roocode_server.models.task import TaskStatus
from tests.engine.agent.conftest import Agent, Answer, call, done, say, usage
from tests.engine.agent.test_unattended import ASKING, QUESTIONS, SOON, Make, told, unattended
from tests.support.mock_models import MockModels

NAME = "stand-in/any"


def review(after: float = SOON, **by: Any) -> dict[str, Any]:
    return {"after": after, "then": "review", **({"review": by} if by else {})}


def decision(verdict: str, reason: str = "It is what the task needs.") -> list[ModelEvent]:
    return [call("decide", decision=verdict, reason=reason), usage(500, 20)]


@pytest.mark.parametrize("after", [0, SOON])
@pytest.mark.parametrize(("verdict", "status"), [("approve", "approved"), ("reject", "rejected")])
@pytest.mark.parametrize("kind", ["read", "edit", "command", "modes"])
async def test_a_model_decides_and_both_people_and_the_agent_are_told_why(
    make_agent: Make, kind: str, verdict: str, status: str, after: float
) -> None:
    agent = await unattended(make_agent, {kind: review(after)})
    task = await agent.run(QUESTIONS[kind], decision(verdict), [done()])
    assert task.status is TaskStatus.COMPLETED
    [resolved] = await agent.events("approval.resolved")
    assert (resolved["status"], resolved["reviewedBy"], "resolvedBy" in resolved) == (status, NAME, False)
    assert "It is what the task needs." in resolved["feedback"]
    heard = agent.model.requests[2].turns
    assert verdict == "approve" or any(resolved["feedback"] in turn.text for turn in heard)


async def test_the_reviewer_sees_the_task_what_was_said_and_what_is_wanted_as_data(make_agent: Make) -> None:
    asked = {"command": review(instructions="Nothing outside /src.")}
    agent = await unattended(make_agent, asked)
    await agent.run([say("I make a file."), *QUESTIONS["command"]], decision("approve"), [done()])
    seen = agent.model.requests[1]
    [turn] = seen.turns
    mark = turn.text.partition(">")[0].removeprefix("<")
    assert mark in seen.system and "Nothing outside /src." in seen.system
    material = turn.text.partition(f"<{mark}>")[2].partition(f"</{mark}>")[0]
    for part in ("do it", "I make a file.", "touch c.txt"):
        assert part in material
    assert [tool.name for tool in seen.tools] == ["decide"]


async def test_its_use_counts_for_the_task(make_agent: Make) -> None:
    agent = await unattended(make_agent, {"read": review()})
    task = await agent.run(
        [*QUESTIONS["read"], usage(100, 10)], decision("approve"), [done(), usage(200, 20)]
    )
    assert task.usage.total_requests == 3
    assert task.usage.total_tokens_in == 800
    assert task.usage.context_tokens < 500  # it is no part of the conversation


async def test_it_answers_a_question_of_the_agent(make_agent: Make) -> None:
    agent = await unattended(make_agent, {"question": review()})
    answered = [call("answer", answer="That.", reason="It is cheaper.")]
    await agent.run(QUESTIONS["question"], answered, [done()])
    heard = agent.model.requests[2].turns[-1].text
    assert "That." in heard and NAME in heard and "It is cheaper." in heard


UNDECIDED: dict[str, Answer] = {
    "nothing but talk": [say("I approve of this.")],
    "another tool": [call("attempt_completion", result="approve")],
    "two decisions": [
        call("decide", "one", decision="approve", reason="yes"),
        call("decide", "two", decision="reject", reason="no"),
    ],
    "another word": [call("decide", decision="APPROVE ALL", reason="yes")],
    "no reason": [call("decide", decision="approve", reason=" ")],
    "more than asked": [call("decide", decision="approve", reason="yes", remember="always")],
    "no text": [call("decide", decision=True, reason="yes")],
    "a failure": [ProviderFailure("MODEL_OVERLOADED", "busy", retryable=True)],
}


@pytest.mark.parametrize("answer", UNDECIDED.values(), ids=UNDECIDED)
async def test_what_is_no_decision_is_refused(make_agent: Make, answer: Answer) -> None:
    agent = await unattended(make_agent, {"command": review()})
    task = await agent.run(QUESTIONS["command"], answer, [done()])
    assert task.status is TaskStatus.COMPLETED
    [resolved] = await agent.events("approval.resolved")
    assert (resolved["status"], "reviewedBy" in resolved) == ("rejected", False)
    assert "reviewing model" in resolved["feedback"]


@pytest.mark.parametrize("kind", ["command", "question"])
async def test_without_a_decision_the_task_ends_where_the_policy_says_so(make_agent: Make, kind: str) -> None:
    agent = await unattended(make_agent, {kind: review(otherwise="fail")})
    task = await agent.run(QUESTIONS[kind], [say("Hm.")])
    assert (task.status, task.error and task.error.code) == (TaskStatus.FAILED, "NOBODY_ANSWERED")


async def test_a_rejection_does_not_end_the_task(make_agent: Make) -> None:
    agent = await unattended(make_agent, {"command": review(otherwise="fail")})
    task = await agent.run(QUESTIONS["command"], decision("reject"), [done()])
    assert task.status is TaskStatus.COMPLETED


@pytest.mark.parametrize("kind", ["command", "question"])
async def test_a_model_that_hangs_is_waited_for_no_longer_than_the_policy_says(
    make_agent: Make, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    agent = await unattended(make_agent, {kind: review(within=1)})
    play, has_ended = agent.model.stream, asyncio.Event()

    async def stream(request: ModelRequest) -> AsyncIterator[ModelEvent]:
        if request.tools[0].name in ("decide", "answer"):
            try:
                await asyncio.Event().wait()
            finally:
                has_ended.set()
        async for each in play(request):
            yield each

    monkeypatch.setattr(agent.model, "stream", stream)
    task = await agent.run(QUESTIONS[kind], [done()])
    assert task.status is TaskStatus.COMPLETED
    assert has_ended.is_set()
    assert "in time" in (await told(agent)) or "Nobody is there" in (await told(agent))


async def test_a_person_who_is_quicker_than_the_model_decides(
    make_agent: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent = await unattended(make_agent, {"command": review(0)})
    play, is_asked = agent.model.stream, asyncio.Event()

    async def stream(request: ModelRequest) -> AsyncIterator[ModelEvent]:
        if request.tools[0].name == "decide":
            is_asked.set()
            await asyncio.Event().wait()
        async for each in play(request):
            yield each

    monkeypatch.setattr(agent.model, "stream", stream)
    task = await agent.start(QUESTIONS["command"], [done()])
    await is_asked.wait()
    await agent.answer(task, "approve")
    assert (await agent.finish(task)).status is TaskStatus.COMPLETED
    [resolved] = await agent.events("approval.resolved")
    assert resolved["resolvedBy"] == agent.caller.email


async def test_a_budget_that_is_used_up_pays_for_no_review(make_agent: Make) -> None:
    agent = await unattended(make_agent, {"command": review()})
    task = await agent.run(QUESTIONS["command"], maxRequests=1)
    assert (task.status, task.error and task.error.code) == (TaskStatus.FAILED, "BUDGET_EXCEEDED")
    [resolved] = await agent.events("approval.resolved")
    assert resolved["status"] == "rejected" and "BUDGET_EXCEEDED" in resolved["feedback"]
    assert len(agent.model.requests) == 1


async def test_what_a_rule_forbids_is_not_put_before_it(make_agent: Make) -> None:
    never = {"approvals": [{"decision": "never", "command": "touch"}]}
    agent = await make_agent(None, {"unattendedPolicy": {"command": review(0)}, **never})
    await agent.run(QUESTIONS["command"], [done()])
    assert await agent.events("approval.required") == []
    assert len(agent.model.requests) == 2


async def test_another_model_than_the_sessions_reviews(make_agent: Make) -> None:
    by = {"provider": "scripted", "model": "survey"}  # it knows nothing of decisions
    agent = await unattended(make_agent, {"command": review(**by)})
    await agent.run(QUESTIONS["command"], [done()])
    assert len(agent.model.requests) == 2
    [resolved] = await agent.events("approval.resolved")
    assert "did not decide" in resolved["feedback"]


@pytest.mark.filterwarnings("ignore:FUNCTION_CALL is not a valid FinishReason")  # aimock says so for Gemini
@pytest.mark.parametrize("provider", ["anthropic", "openai", "gemini"])
async def test_it_is_asked_over_the_protocol_of_each_vendor(
    make_agent: Make, mock_models: MockModels, monkeypatch: pytest.MonkeyPatch, provider: str
) -> None:
    decided = {"decision": "approve", "reason": "It is harmless."}
    mock_models.say({"toolCalls": [{"id": "call_1", "name": "decide", "arguments": decided}]})
    monkeypatch.setenv(f"{provider.upper()}_API_KEY", mock_models.key)
    endpoint = {"base_url": mock_models.url + ("/v1" if provider == "openai" else "")}
    by = review(provider=provider, model="a-model")
    agent = await make_agent(
        None, {"unattendedPolicy": {"command": by}}, approvals=ASKING, providers={provider: endpoint}
    )
    task = await agent.run(QUESTIONS["command"], [done()])
    assert task.status is TaskStatus.COMPLETED
    [resolved] = await agent.events("approval.resolved")
    assert (resolved["status"], resolved["reviewedBy"]) == ("approved", f"{provider}/a-model")
    [sent] = mock_models.requests()
    assert "touch c.txt" in str(sent.body["messages"])


async def test_a_review_that_was_cut_off_by_a_restart_is_made_again(
    make_agent: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent = await unattended(make_agent, {"command": review(0)})
    is_asked = asyncio.Event()
    play = agent.model.stream

    async def stream(request: ModelRequest) -> AsyncIterator[ModelEvent]:
        if request.tools[0].name == "decide":
            is_asked.set()
            await asyncio.Event().wait()
        async for each in play(request):
            yield each

    monkeypatch.setattr(agent.model, "stream", stream)
    task = await agent.start(QUESTIONS["command"])
    await is_asked.wait()
    again = await agent.reopen()
    again.model.answers.extend([decision("approve"), [done()]])
    assert (await again.finish(task)).status is TaskStatus.COMPLETED
    assert [each["status"] for each in await again.events("approval.resolved")] == ["approved"]


@pytest.mark.parametrize(
    ("policy", "field"),
    [
        ({"command": {"after": 1, "then": "refuse", "review": {}}}, "config.unattendedPolicy.command.review"),
        ({"edit": review(provider="none")}, "config.unattendedPolicy.edit.review.provider"),
    ],
)
async def test_a_policy_that_contradicts_itself_is_refused(
    agent: Agent, policy: dict[str, Any], field: str
) -> None:
    wanted = SessionCreate.load({"config": {"unattendedPolicy": policy}})
    with pytest.raises(InvalidField) as refusal:
        await agent.engine.sessions.create(agent.caller, wanted)
    assert field in str(refusal.value.details)
