from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given

from roocode_server.engine.providers.anthropic import AnthropicProvider
from roocode_server.engine.providers.anthropic.request import parameters
from roocode_server.engine.providers.anthropic.thinking import Thinking, budget_of, thinking_of
from roocode_server.engine.providers.provider import CallRequested, ModelRequest, ProviderFailure
from roocode_server.models.conversation import Turn, TurnRole
from tests.engine.providers.asking import PIXEL, ask, asked, question, reply, result
from tests.engine.providers.conversations import conversations
from tests.support.mock_models import MockModels
from tests.support.streams import StreamServer

MODEL = "claude-haiku-4-5"
USAGE = {"input_tokens": 10, "output_tokens": 1}
START = {
    "type": "message_start",
    "message": {
        "id": "m",
        "type": "message",
        "role": "assistant",
        "content": [],
        "model": MODEL,
        "usage": USAGE,
    },
}
STOP = {"type": "message_stop"}


@pytest.fixture
async def provider() -> AsyncIterator[AnthropicProvider]:
    made = AnthropicProvider()
    yield made
    await made.close()


def sent(*turns: Turn | str, model: str = MODEL, **parts: Any) -> dict[str, Any]:
    """Return what is sent for a request."""
    return dict(parameters(question(*turns, model=model, url="", **parts)))


def block(index: int, start: dict[str, Any], *deltas: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"type": "content_block_start", "index": index, "content_block": start},
        *({"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": index},
    ]


def ending(reason: str, **usage: int) -> list[dict[str, Any]]:
    delta = {"stop_reason": reason, "stop_sequence": None}
    return [{"type": "message_delta", "delta": delta, "usage": {"output_tokens": 5, **usage}}, STOP]


TOOL_USE = {"type": "tool_use", "id": "toolu_1", "name": "read_file", "input": {}}


@given(conversations)
def test_every_conversation_becomes_one_that_the_protocol_takes(turns: list[Turn]) -> None:
    messages = sent(*turns, effort="low")["messages"]
    roles = [message["role"] for message in messages]
    assert roles == ["user" if number % 2 == 0 else "assistant" for number in range(len(roles))]
    assert roles[-1] == "user"
    names: set[str] = set()
    waiting: set[str] = set()
    for message in messages:
        blocks = message["content"]
        assert blocks
        assert all(each["text"].strip() for each in blocks if each["type"] == "text")
        results = [each["tool_use_id"] for each in blocks if each["type"] == "tool_result"]
        assert set(results) == waiting and len(results) == len(waiting)
        assert all(each["type"] == "tool_result" for each in blocks[: len(results)])
        calls = [each["id"] for each in blocks if each["type"] == "tool_use"]
        assert not names & set(calls)
        names.update(calls)
        waiting = set(calls)
    assert not waiting


@given(conversations)
def test_no_more_is_marked_for_the_cache_than_the_protocol_takes(turns: list[Turn]) -> None:
    assert 1 <= json.dumps(sent(*turns)).count("cache_control") <= 4


@given(conversations)
def test_thought_is_asked_for_only_where_the_answers_so_far_have_theirs(turns: list[Turn]) -> None:
    request = sent(*turns, effort="high")
    since = request["messages"]
    last = max(
        number
        for number, message in enumerate(since)
        if message["role"] == "user" and any(each["type"] != "tool_result" for each in message["content"])
    )
    answers = [message["content"][0]["type"] for message in since[last:] if message["role"] == "assistant"]
    assert ("thinking" in request) == all(each == "thinking" for each in answers)


async def test_a_thought_goes_back_with_its_signature(
    provider: AnthropicProvider, mock_models: MockModels, stream_server: StreamServer
) -> None:
    """The mock refuses an answer of an agent's loop whose thought is missing, like Anthropic itself."""
    call = {"name": "read_file", "arguments": {"path": "a"}}
    mock_models.say(
        {"content": "I look.", "reasoning": "A file.", "toolCalls": [call]}, match={"hasToolResult": False}
    )
    mock_models.say({"content": "Empty."}, match={"hasToolResult": True})
    stream_server.behind = mock_models.url
    parts = {"model": MODEL, "url": stream_server.url, "key": mock_models.key, "effort": "low"}
    first = await ask(provider, question("Look.", **parts))
    told = result(first.calls[0].call_id, "nothing")
    assert (await ask(provider, question("Look.", first.turn, told, **parts))).text == "Empty."
    body = stream_server.bodies[1]
    assert body["thinking"] == {"type": "enabled", "budget_tokens": 4096}
    assert [each["type"] for each in body["messages"][1]["content"]] == ["thinking", "text", "tool_use"]
    assert body["messages"][1]["content"][0]["signature"] == "aimock-placeholder-signature"


async def test_thoughts_between_calls_keep_their_places(
    provider: AnthropicProvider, stream_server: StreamServer
) -> None:
    thought = {"type": "thinking", "thinking": "", "signature": ""}
    stream_server.says(
        START,
        *block(0, thought, {"type": "thinking_delta", "thinking": "First."}, _signature("s1")),
        *block(1, {"type": "text", "text": ""}, {"type": "text_delta", "text": "One."}),
        *block(2, TOOL_USE),
        *block(3, {"type": "redacted_thinking", "data": "hidden"}),
        *block(4, {"type": "text", "text": ""}, {"type": "text_delta", "text": "Two."}),
        *ending("tool_use"),
    )
    given = await ask(provider, question("Hi", model=MODEL, url=stream_server.url, effort="low"))
    again = sent("Hi", given.turn, result("toolu_1", "x"), effort="low")["messages"][1]["content"]
    assert again == [
        {"type": "thinking", "thinking": "First.", "signature": "s1"},
        {"type": "text", "text": "One."},
        {"type": "tool_use", "id": "toolu_1", "name": "read_file", "input": {}},
        {"type": "redacted_thinking", "data": "hidden"},
        {"type": "text", "text": "Two."},
    ]


def test_the_thoughts_of_another_model_are_not_sent() -> None:
    kept = {
        "provider": "anthropic",
        "content": {
            "model": "claude-opus-5",
            "blocks": [
                {"type": "thinking", "thinking": "Hm.", "signature": "s"},
                {"type": "text", "length": 4},
            ],
        },
    }
    for model, types in (("claude-opus-5", ["thinking", "text"]), (MODEL, ["text"])):
        messages = sent("Hi", reply("Yes.", continuation=kept), "And?", model=model)["messages"]
        assert [each["type"] for each in messages[1]["content"]] == types


async def test_broken_arguments_reach_the_engine_as_the_model_wrote_them(
    provider: AnthropicProvider, stream_server: StreamServer
) -> None:
    pieces = [{"type": "input_json_delta", "partial_json": piece} for piece in ('{"path": ', '"a')]
    stream_server.says(START, *block(0, TOOL_USE, *pieces), *ending("max_tokens"))
    given = await ask(provider, question("Hi", model=MODEL, url=stream_server.url))
    assert given.calls == [
        CallRequested(call_id="toolu_1", tool_name="read_file", arguments={"invalid_json": '{"path": "a'})
    ]
    assert given.stopped == "max_tokens"


async def test_arguments_that_come_with_the_beginning_of_a_call_count(
    provider: AnthropicProvider, stream_server: StreamServer
) -> None:
    stream_server.says(START, *block(0, {**TOOL_USE, "input": {"path": "a"}}), *ending("tool_use"))
    given = await ask(provider, question("Hi", model=MODEL, url=stream_server.url))
    assert given.calls[0].arguments == {"path": "a"}


async def test_what_the_cache_gave_and_took_is_part_of_the_tokens(
    provider: AnthropicProvider, stream_server: StreamServer
) -> None:
    usage = {**USAGE, "cache_read_input_tokens": 100, "cache_creation_input_tokens": 30}
    start = {**START, "message": {**START["message"], "usage": usage}}  # type: ignore[dict-item]
    stream_server.says(start, *block(0, {"type": "text", "text": "Yes."}), *ending("end_turn"))
    given = await ask(provider, question("Hi", model=MODEL, url=stream_server.url))
    assert given.usage is not None
    assert (given.usage.tokens_in, given.usage.tokens_out) == (140, 5)
    assert (given.usage.cache_reads, given.usage.cache_writes) == (100, 30)


@pytest.mark.parametrize(
    ("kind", "code", "retryable"),
    [
        ("overloaded_error", "MODEL_OVERLOADED", True),
        ("rate_limit_error", "RATE_LIMITED", True),
        ("invalid_request_error", "REQUEST_REFUSED", False),
        ("something_new", "MODEL_OVERLOADED", True),
    ],
)
async def test_an_error_within_the_stream_means_what_its_status_would(
    provider: AnthropicProvider, stream_server: StreamServer, kind: str, code: str, retryable: bool
) -> None:
    stream_server.says(START, {"type": "error", "error": {"type": kind, "message": "sorry"}})
    with pytest.raises(ProviderFailure, match="sorry") as raised:
        await ask(provider, question("Hi", model=MODEL, url=stream_server.url))
    assert (raised.value.code, raised.value.retryable) == (code, retryable)


@pytest.mark.parametrize("reason", ["refusal", "pause_turn"])
async def test_every_reason_to_stop_has_a_meaning(
    provider: AnthropicProvider, stream_server: StreamServer, reason: str
) -> None:
    stream_server.says(START, *ending(reason))
    given = await ask(provider, question("Hi", model=MODEL, url=stream_server.url))
    assert given.stopped == {"refusal": "refusal", "pause_turn": "end"}[reason]


def test_the_system_prompt_the_tools_and_the_last_messages_are_marked_for_the_cache() -> None:
    request = sent("One", reply("Yes."), "Two", reply("Yes."), "Three")
    assert "cache_control" in request["system"][-1]
    assert "cache_control" in request["tools"][-1]
    marked = ["cache_control" in message["content"][-1] for message in request["messages"]]
    assert marked == [False, False, True, False, True]


def test_images_are_sent_in_what_people_say_and_in_results() -> None:
    told = Turn(role=TurnRole.USER, text="Look.", images=[PIXEL])
    messages = sent(told, reply("", asked("a")), result("a", "", images=[PIXEL]))["messages"]
    data = PIXEL.partition(",")[2]
    source = {"type": "base64", "media_type": "image/png", "data": data}
    assert messages[0]["content"][1]["source"] == source
    assert messages[2]["content"][0]["content"] == [{"type": "image", "source": source}]


def test_an_image_that_the_model_cannot_see_is_replaced_by_a_note() -> None:
    told = Turn(role=TurnRole.USER, images=["data:image/svg+xml;base64,aGk="])
    [message] = sent(told)["messages"]
    assert "image/svg+xml was left out" in message["content"][0]["text"]


def test_a_failed_call_is_told_as_an_error() -> None:
    messages = sent("Hi", reply("", asked("a")), result("a", "no such file", success=False))["messages"]
    assert messages[2]["content"][0]["is_error"] is True


def test_an_answer_may_be_as_long_as_the_model_can_make_it() -> None:
    assert sent("Hi")["max_tokens"] == 64_000
    assert sent("Hi", max_tokens=100)["max_tokens"] == 100


@pytest.mark.parametrize(
    ("model", "kind"),
    [
        ("claude-3-5-sonnet-20241022", Thinking.NEVER),
        ("claude-3-opus-20240229", Thinking.NEVER),
        ("claude-3-7-sonnet-20250219", Thinking.BUDGET),
        ("claude-sonnet-4-20250514", Thinking.BUDGET),
        ("anthropic/claude-haiku-4.5", Thinking.BUDGET),
        ("claude-haiku-4-5-20251001", Thinking.BUDGET),
        ("claude-opus-4-6", Thinking.ADAPTIVE),
        ("claude-sonnet-5", Thinking.ADAPTIVE),
        ("claude-mythos-preview", Thinking.ADAPTIVE),
        ("somebody-elses", Thinking.BUDGET),
    ],
)
def test_each_model_is_asked_to_think_in_its_own_way(model: str, kind: Thinking) -> None:
    assert thinking_of(model) is kind


def test_new_models_are_told_the_effort_itself() -> None:
    request = sent("Hi", model="claude-opus-5", effort="high")
    assert request["thinking"]["type"] == "adaptive"
    assert request["output_config"] == {"effort": "high"}


def test_there_is_no_thought_without_room_for_it() -> None:
    assert budget_of("high", 10_000) == 8976
    assert budget_of("low", 1500) is None
    assert "thinking" not in sent("Hi", max_tokens=1500, effort="low")


@pytest.mark.parametrize(
    ("effort", "model", "temperature"),
    [(None, MODEL, 0.5), ("low", MODEL, None), (None, "claude-opus-5", None)],
)
async def test_the_temperature_is_sent_where_the_protocol_takes_one(
    provider: AnthropicProvider,
    stream_server: StreamServer,
    effort: str | None,
    model: str,
    temperature: float | None,
) -> None:
    stream_server.says(START, *ending("end_turn"))
    request: ModelRequest = question("Hi", model=model, url=stream_server.url, temperature=0.5, effort=effort)
    await ask(provider, request)
    assert stream_server.bodies[0].get("temperature") == temperature


def _signature(signature: str) -> dict[str, Any]:
    return {"type": "signature_delta", "signature": signature}
