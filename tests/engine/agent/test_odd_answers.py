"""Answers with content that cannot be stored: the model is told, and the task continues."""

from __future__ import annotations

import json
from typing import Any

import pytest

from roocode_server.engine.agent.model_client import IMAGES_REFUSED
from roocode_server.engine.agent.run import CUT
from roocode_server.engine.providers.provider import (
    CallDelta,
    CallRequested,
    Continuation,
    ModelRequest,
    ProviderFailure,
    ReasoningDelta,
    Stopped,
    TextDelta,
    Usage,
)
from roocode_server.engine.providers.wire import parse_arguments
from roocode_server.models.conversation import TurnRole
from roocode_server.models.task import TaskCreate, TaskStatus
from tests.engine.agent.conftest import Agent, call, done, say
from tests.engine.providers.asking import PIXEL


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


def requested(tool: str, arguments: Any) -> CallRequested:
    return CallRequested(call_id="odd", tool_name=tool, arguments=arguments)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"command": "echo \ud83d"}, "surrogate"),
        ({"command": "true", "timeout": 10**23}, "64 bits"),
        ({"command": nested(300)}, "deep"),
        ({"command": "true", "timeout": float("nan")}, "JSON"),
        ({"command \ud83d": "true"}, "Unicode"),
        (parse_arguments('{"command": "echo'), "JSON"),
        (parse_arguments('["echo"]'), "not a JSON object"),
        (parse_arguments('{"command": ' + "[" * 100_000 + "]" * 100_000 + "}"), "nested"),
        (parse_arguments('{"timeout": ' + "9" * 5000 + "}"), "digits"),
    ],
)
async def test_a_call_whose_arguments_cannot_be_used_is_told_and_the_task_goes_on(
    agent: Agent, arguments: dict[str, Any], reason: str
) -> None:
    task = await agent.run([requested("execute_command", arguments)], [done()])
    assert task.status is TaskStatus.COMPLETED
    told = agent.model.requests[1].turns[-1]
    assert told.role is TurnRole.TOOL
    assert not told.success
    assert reason in told.text
    assert "nothing was done" in told.text
    [failed] = await agent.events("tool.failed")
    assert failed["callId"] == "odd"


async def test_a_character_that_two_pieces_share_comes_out_whole(agent: Agent) -> None:
    written = ['{"command": "echo \ud83d', '\ude00"}']
    arguments = parse_arguments("".join(written))
    pieces = [CallDelta(call_id="c", tool_name="execute_command", arguments=piece) for piece in written]
    asked = CallRequested(call_id="c", tool_name="execute_command", arguments=arguments)
    task = await agent.run(
        [
            ReasoningDelta(text="hm \ud83e"),
            ReasoningDelta(text="\udd14"),
            say("ready \ud83d"),
            say("\ude00!"),
            *pieces,
            asked,
        ],
        [done()],
    )
    assert task.status is TaskStatus.COMPLETED
    assert "ready 😀!" in await agent.messages("text")
    assert await agent.messages("reasoning") == ["hm 🤔"]
    assert "😀" in agent.model.requests[1].turns[-1].text


async def test_half_a_character_is_replaced_where_the_other_half_never_comes(agent: Agent) -> None:
    task = await agent.run([ReasoningDelta(text="\ud83d"), say("cut \ud83d"), done("end")])
    assert task.status is TaskStatus.COMPLETED
    assert "cut \ufffd" in await agent.messages("text")
    assert await agent.messages("reasoning") == ["\ufffd"]


async def test_names_counts_and_kept_thoughts_of_an_answer_are_made_fit(agent: Agent) -> None:
    task = await agent.run(
        [
            Continuation(provider="stand-in", content={"thought": "\ud83d", "number": 10**30}),
            Usage(tokens_in=1, tokens_out=-5, cache_reads=10**30, cost=float("nan")),
            CallRequested(call_id="odd \ud83d", tool_name="no_such_tool \ud83d", arguments={}),
        ],
        [done()],
    )
    assert task.status is TaskStatus.COMPLETED
    assert json.dumps(agent.model.requests[1].turns[-2].continuation, ensure_ascii=False).encode()
    assert task.usage.total_tokens_out == 0


async def test_a_failure_whose_words_cannot_be_stored_is_told_with_those_that_can(agent: Agent) -> None:
    task = await agent.run([ProviderFailure("REQUEST_REFUSED", "no \ud83d")])
    assert task.error is not None
    assert task.error.message == "no \ufffd"


async def test_a_summary_whose_text_cannot_be_stored_is_one_all_the_same(agent: Agent) -> None:
    too_long = ProviderFailure("CONTEXT_OVERFLOW", "too long")

    def summed_up(request: ModelRequest) -> list[TextDelta]:
        assert not request.tools
        return [say("so far \ud83d")]

    task = await agent.run([call("list_files", path=".")], [too_long], summed_up, [done()])
    assert task.status is TaskStatus.COMPLETED
    assert "so far \ufffd" in agent.model.requests[-1].turns[0].text


async def test_a_model_whose_answer_was_cut_is_told_so_once(agent: Agent) -> None:
    task = await agent.run(
        [say("so much"), Stopped(reason="max_tokens")],
        [say("more"), call("list_files", path="."), Stopped(reason="max_tokens")],
        [call("list_files", path=".")],
        [done()],
    )
    assert task.status is TaskStatus.COMPLETED
    told = [[turn.text for turn in each.turns if turn.text == CUT] for each in agent.model.requests]
    assert [len(each) for each in told] == [0, 1, 2, 2]


async def test_a_refusal_by_the_model_is_an_outcome_of_its_own(agent: Agent) -> None:
    task = await agent.run([say("I cannot help with that."), Stopped(reason="refusal")])
    assert task.status is TaskStatus.FAILED
    assert task.error is not None
    assert task.error.code == "MODEL_REFUSED"
    assert "I cannot help with that." in task.error.message


async def test_an_image_that_a_server_refuses_costs_the_image_and_not_the_task(agent: Agent) -> None:
    refused = ProviderFailure("IMAGE_REFUSED", "Could not process image")
    agent.model.answers.extend([[refused], [call("list_files", path=".")], [done()]])
    wanted = {"sessionId": agent.session_id, "input": "look", "images": [PIXEL]}
    task = await agent.finish(await agent.engine.tasks.create(TaskCreate.load(wanted)))
    assert task.status is TaskStatus.COMPLETED
    first, second, third = agent.model.requests
    assert first.turns[0].images
    assert not second.turns[0].images and IMAGES_REFUSED in second.turns[0].text
    assert not third.turns[0].images
