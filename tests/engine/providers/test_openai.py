"""Both protocols of OpenAI, against a third-party server."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any, cast

import pytest

from roocode_server.engine.providers.openai import OpenAIProvider
from roocode_server.engine.providers.pictures import UNUSABLE
from roocode_server.engine.providers.provider import (
    CallRequested,
    Endpoint,
    ModelEvent,
    ModelRequest,
    Stopped,
    TextDelta,
    Usage,
)
from roocode_server.models.conversation import ToolCall, Turn, TurnRole
from roocode_server.models.identifier import CallId
from roocode_server.models.settings import WireProtocol
from tests.engine.providers.asking import PIXEL, READ_FILE
from tests.engine.providers.questions import collect, failure, only, reasoning_of, said, text_of, written
from tests.support.mock_models import MockModels
from tests.support.replaying import chunk
from tests.support.streams import StreamServer

TWO_CALLS: dict[str, Any] = {
    "content": "Reading both.",
    "toolCalls": [
        {"name": "read_file", "arguments": '{"path": "a.txt"}', "id": "call_a"},
        {"name": "read_file", "arguments": '{"path": "b.txt"}', "id": "call_b"},
    ],
}
ANSWERED = (
    said("Read a.txt."),
    Turn(
        role=TurnRole.ASSISTANT,
        text="Reading.",
        calls=[ToolCall(id=CallId("call_a"), tool_name="read_file", arguments={"path": "a.txt"})],
    ),
    Turn(role=TurnRole.TOOL, call_id=CallId("call_a"), text="the letter A"),
)


@pytest.fixture(params=[WireProtocol.CHAT, WireProtocol.RESPONSES])
async def provider(request: pytest.FixtureRequest) -> AsyncIterator[OpenAIProvider]:
    made = OpenAIProvider(request.param)
    yield made
    await made.close()


@pytest.fixture
async def chat() -> AsyncIterator[OpenAIProvider]:
    made = OpenAIProvider(WireProtocol.CHAT)
    yield made
    await made.close()


@pytest.fixture
def asked(mock_models: MockModels) -> ModelRequest:
    """A question; a test replaces what it is about."""
    return ModelRequest(
        model="gpt-5",
        system="Be brief.",
        turns=[said("Hello?")],
        tools=[READ_FILE],
        endpoint=Endpoint(base_url=f"{mock_models.url}/v1", api_key=mock_models.key),
    )


async def test_text_comes_in_pieces_and_ends(
    provider: OpenAIProvider, mock_models: MockModels, asked: ModelRequest
) -> None:
    mock_models.say({"content": "A long enough answer."}, chunkSize=5)
    events = await collect(provider, asked)
    assert text_of(events) == "A long enough answer."
    assert len(only(events, TextDelta)) > 2
    assert events[-1] == Stopped(reason="end")


async def test_a_connection_is_used_again(
    provider: OpenAIProvider, mock_models: MockModels, stream_server: StreamServer, asked: ModelRequest
) -> None:
    mock_models.say({"content": "Yes."})
    stream_server.behind = mock_models.url
    there = Endpoint(base_url=f"{stream_server.url}/v1", api_key=mock_models.key)
    for _ in range(3):
        assert text_of(await collect(provider, dataclasses.replace(asked, endpoint=there))) == "Yes."
    assert len(stream_server.connections) == 1


async def test_a_connection_whose_answer_does_not_end_after_the_last_piece_is_not_waited_for(
    chat: OpenAIProvider, stream_server: StreamServer, asked: ModelRequest
) -> None:
    stream_server.says(chunk({"content": "Yes."}, "stop"), "data: [DONE]\n\n", then_hangs=True)
    there = Endpoint(base_url=f"{stream_server.url}/v1", api_key="a-key")
    async with asyncio.timeout(30):
        assert text_of(await collect(chat, dataclasses.replace(asked, endpoint=there))) == "Yes."
        await stream_server.left.wait()


async def test_parallel_calls_come_piece_by_piece_and_complete(
    provider: OpenAIProvider, mock_models: MockModels, asked: ModelRequest
) -> None:
    mock_models.say(TWO_CALLS, chunkSize=4)
    events = await collect(provider, asked)
    calls = only(events, CallRequested)
    assert text_of(events) == "Reading both."
    assert [(call.tool_name, call.arguments) for call in calls] == [
        ("read_file", {"path": "a.txt"}),
        ("read_file", {"path": "b.txt"}),
    ]
    assert calls[0].call_id != calls[1].call_id
    assert [json.loads(written(events, call.call_id)) for call in calls] == [call.arguments for call in calls]
    assert events[-1] == Stopped(reason="calls")


async def test_results_of_calls_are_handed_back(
    provider: OpenAIProvider, mock_models: MockModels, asked: ModelRequest
) -> None:
    mock_models.say({"content": "It says A."}, {"hasToolResult": True, "toolCallId": "call_a"})
    events = await collect(provider, dataclasses.replace(asked, turns=ANSWERED))
    assert text_of(events) == "It says A."
    sent = mock_models.requests()[0].body["messages"]
    assert [sent[0]["role"], sent[1]["role"], sent[-1]["role"]] == ["system", "user", "tool"]
    assert sent[-1]["content"] == "the letter A"


async def test_tokens_are_counted(
    provider: OpenAIProvider, mock_models: MockModels, asked: ModelRequest
) -> None:
    counted = {"prompt_tokens": 120, "completion_tokens": 30, "input_tokens": 120, "output_tokens": 30}
    mock_models.say({"content": "Hi.", "usage": {**counted, "total_tokens": 150}})
    usage = only(await collect(provider, asked), Usage)[-1]
    assert (usage.tokens_in, usage.tokens_out) == (120, 30)


async def test_reasoning_is_told_apart_from_the_answer(
    provider: OpenAIProvider, mock_models: MockModels, asked: ModelRequest
) -> None:
    mock_models.say({"content": "Four.", "reasoning": "Two and two."})
    events = await collect(provider, dataclasses.replace(asked, effort="low"))
    assert reasoning_of(events) == "Two and two."
    assert text_of(events) == "Four."


async def test_images_are_sent(chat: OpenAIProvider, mock_models: MockModels, asked: ModelRequest) -> None:
    mock_models.say({"content": "A pixel."})
    events = await collect(chat, dataclasses.replace(asked, turns=[said("What is this?", PIXEL)]))
    assert text_of(events) == "A pixel."
    assert PIXEL in json.dumps(mock_models.requests()[0].body)


async def test_what_is_no_image_is_replaced_by_a_note(
    provider: OpenAIProvider, mock_models: MockModels, asked: ModelRequest
) -> None:
    mock_models.say({"content": "None."})
    await collect(provider, dataclasses.replace(asked, turns=[said("What?", "http://x/y.png")]))
    assert UNUSABLE in json.dumps(mock_models.requests()[0].body)


async def test_too_many_requests_say_how_long_to_wait(
    provider: OpenAIProvider, mock_models: MockModels, asked: ModelRequest
) -> None:
    mock_models.fail(429, "slow down", retry_after=7)
    failed = await failure(provider, asked)
    assert (failed.code, failed.retryable, failed.retry_after_s) == ("RATE_LIMITED", True, 7)
    assert "slow down" in failed.message
    assert len(mock_models.requests()) == 1, "the SDK must not retry by itself"


@pytest.mark.parametrize(
    ("status", "message", "code", "retryable"),
    [
        (500, "oops", "MODEL_OVERLOADED", True),
        (503, "full", "MODEL_OVERLOADED", True),
        (404, "does not know this model", "MODEL_UNKNOWN", False),
        (400, "bad parameter", "REQUEST_REFUSED", False),
        (400, "This model's maximum context length is 8192 tokens", "CONTEXT_OVERFLOW", False),
    ],
)
async def test_failures_have_codes(
    provider: OpenAIProvider,
    mock_models: MockModels,
    asked: ModelRequest,
    status: int,
    message: str,
    code: str,
    retryable: bool,
) -> None:
    mock_models.fail(status, message)
    failed = await failure(provider, asked)
    assert (failed.code, failed.retryable) == (code, retryable)


async def test_an_account_without_credit_is_not_worth_waiting_for(
    provider: OpenAIProvider, mock_models: MockModels, asked: ModelRequest
) -> None:
    mock_models.say({"error": {"message": "You exceeded it", "code": "insufficient_quota"}, "status": 429})
    failed = await failure(provider, asked)
    assert (failed.code, failed.retryable) == ("RATE_LIMITED", False)
    assert "credit" in failed.message


async def test_a_refused_key_is_not_repeated(
    provider: OpenAIProvider, mock_models: MockModels, asked: ModelRequest
) -> None:
    endpoint = Endpoint(base_url=f"{mock_models.url}/v1", api_key="sk-wrong-and-secret")
    failed = await failure(provider, dataclasses.replace(asked, endpoint=endpoint))
    assert failed.code == "PROVIDER_KEY_REFUSED"
    assert "sk-wrong" not in failed.message
    assert failed.__cause__ is None


async def test_a_server_that_repeats_the_key_is_not_quoted(
    provider: OpenAIProvider, mock_models: MockModels, asked: ModelRequest
) -> None:
    mock_models.fail(400, f"what is {mock_models.key}?")
    failed = await failure(provider, asked)
    assert mock_models.key not in failed.message


async def test_without_a_key_the_variable_is_named(provider: OpenAIProvider, asked: ModelRequest) -> None:
    for base_url in (None, "https://models.example/v1"):
        failed = await failure(provider, dataclasses.replace(asked, endpoint=Endpoint(base_url=base_url)))
        assert failed.code == "PROVIDER_UNAVAILABLE"
        assert "OPENAI_API_KEY" in failed.message


@pytest.mark.parametrize(
    "base_url", ["models.example", "ftp://models.example/v1", "http://[", "http://models.example:port/v1"]
)
async def test_what_is_no_address_is_not_asked(
    provider: OpenAIProvider, asked: ModelRequest, base_url: str
) -> None:
    endpoint = Endpoint(base_url=base_url, api_key="sk-mine")
    failed = await failure(provider, dataclasses.replace(asked, endpoint=endpoint))
    assert (failed.code, failed.retryable) == ("PROVIDER_UNAVAILABLE", False)


async def test_a_server_on_this_machine_needs_no_key_and_gets_none(
    provider: OpenAIProvider,
    mock_models: MockModels,
    asked: ModelRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-environment")
    endpoint = Endpoint(base_url=f"{mock_models.url}/v1")
    failed = await failure(provider, dataclasses.replace(asked, endpoint=endpoint))
    assert failed.code == "PROVIDER_KEY_REFUSED", "it was asked, and this one wants a key after all"


async def test_an_answer_that_breaks_off_may_be_asked_for_again(
    provider: OpenAIProvider, mock_models: MockModels, asked: ModelRequest
) -> None:
    mock_models.say({"content": "A long enough answer, cut."}, chunkSize=3, latency=5, truncateAfterChunks=4)
    failed = await failure(provider, asked)
    assert (failed.code, failed.retryable) == ("CONNECTION_BROKEN", True)


async def test_a_server_that_is_not_there_may_be_asked_again(
    provider: OpenAIProvider, asked: ModelRequest, unused_tcp_port: int
) -> None:
    endpoint = Endpoint(base_url=f"http://127.0.0.1:{unused_tcp_port}/v1")
    failed = await failure(provider, dataclasses.replace(asked, endpoint=endpoint))
    assert (failed.code, failed.retryable) == ("CONNECTION_BROKEN", True)


async def test_the_client_is_good_for_another_request_after_one_was_given_up(
    provider: OpenAIProvider, mock_models: MockModels, asked: ModelRequest
) -> None:
    mock_models.say({"content": "word " * 2000}, {"userMessage": "Hello?"}, chunkSize=5, latency=20)
    mock_models.say({"content": "Here."})
    stream = cast(AsyncGenerator[ModelEvent, None], provider.stream(asked))
    async with contextlib.aclosing(stream):
        async for event in stream:
            if isinstance(event, TextDelta):
                break
    again = await collect(provider, dataclasses.replace(asked, turns=[said("Are you there?")]))
    assert text_of(again) == "Here."


async def test_an_answer_that_reached_its_length_says_so(
    chat: OpenAIProvider, mock_models: MockModels, asked: ModelRequest
) -> None:
    mock_models.say({"content": "Half of", "finishReason": "length"})
    assert (await collect(chat, asked))[-1] == Stopped(reason="max_tokens")


async def test_limits_are_passed_on(
    provider: OpenAIProvider, mock_models: MockModels, asked: ModelRequest
) -> None:
    mock_models.say({"content": "Hi."})
    await collect(provider, dataclasses.replace(asked, max_tokens=77, temperature=0.5, effort="high"))
    sent = mock_models.requests()[0].body
    assert sent["temperature"] == 0.5
    assert 77 in (sent.get("max_tokens"), sent.get("max_output_tokens"), sent.get("max_completion_tokens"))


async def test_other_servers_are_spoken_to_in_chat_completions(
    mock_models: MockModels, asked: ModelRequest
) -> None:
    provider = OpenAIProvider()
    mock_models.say({"content": "Hi."})
    await collect(provider, asked)
    await provider.close()
    assert mock_models.requests()[0].path.endswith("/chat/completions")
