"""Streams that no mock sends: oddities of compatible servers, encrypted reasoning, disconnects."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any, cast

import pytest

from roocode_server.engine.providers.openai import OpenAIProvider
from roocode_server.engine.providers.provider import (
    CallRequested,
    Continuation,
    Endpoint,
    ModelEvent,
    ModelRequest,
    Stopped,
    TextDelta,
    Usage,
)
from roocode_server.engine.providers.wire import INVALID_JSON
from roocode_server.models.conversation import ToolCall, Turn, TurnRole
from roocode_server.models.identifier import CallId
from roocode_server.models.settings import WireProtocol
from tests.engine.providers.asking import PIXEL, READ_FILE
from tests.engine.providers.questions import collect, failure, only, reasoning_of, said, text_of
from tests.support.replaying import Replaying, call_piece, chunk, numbered


@pytest.fixture
async def chat() -> AsyncIterator[OpenAIProvider]:
    made = OpenAIProvider(WireProtocol.CHAT)
    yield made
    await made.close()


@pytest.fixture
async def responses() -> AsyncIterator[OpenAIProvider]:
    made = OpenAIProvider(WireProtocol.RESPONSES)
    yield made
    await made.close()


def asking(replaying: Replaying, *turns: Turn, **more: Any) -> ModelRequest:
    return ModelRequest(
        model="gpt-5",
        system="",
        turns=turns or [said("Hello?")],
        tools=[READ_FILE],
        endpoint=Endpoint(base_url=f"{replaying.url}/v1"),
        **more,
    )


def response(status: str = "completed", **more: Any) -> dict[str, Any]:
    kind = "response.completed" if status == "completed" else f"response.{status}"
    return {"type": kind, "response": {"id": "r", "status": status, "output": [], **more}}


async def test_a_server_without_a_key_is_sent_none(
    chat: OpenAIProvider, replaying: Replaying, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "OPENAI_ADMIN_KEY"):
        monkeypatch.setenv(name, "of-the-environment")
    replaying.events(chunk({"content": "Hi."}, "stop"))
    assert text_of(await collect(chat, asking(replaying))) == "Hi."
    assert "of-the-environment" not in replaying.heads[0]
    assert "authorization" not in replaying.heads[0].lower()


@pytest.mark.parametrize("name", ["reasoning_content", "reasoning"])
async def test_reasoning_comes_under_either_name(
    chat: OpenAIProvider, replaying: Replaying, name: str
) -> None:
    replaying.events(chunk({name: "Hm, "}), chunk({name: "four."}), chunk({"content": "4"}, "stop"))
    events = await collect(chat, asking(replaying))
    assert (reasoning_of(events), text_of(events)) == ("Hm, four.", "4")


async def test_the_servers_own_price_and_its_cache_are_told(
    chat: OpenAIProvider, replaying: Replaying
) -> None:
    counted = {
        "prompt_tokens": 100,
        "completion_tokens": 5,
        "total_tokens": 105,
        "prompt_tokens_details": {"cached_tokens": 80},
        "cost": 0.0012,
    }
    last = {"id": "c", "object": "chat.completion.chunk", "model": "m", "choices": [], "usage": counted}
    replaying.events(chunk({"content": "Hi."}, "stop"), last)
    usage = only(await collect(chat, asking(replaying)), Usage)
    assert usage == [Usage(tokens_in=100, tokens_out=5, cache_reads=80, cost=0.0012)]
    assert replaying.requests[0]["stream_options"] == {"include_usage": True}


async def test_calls_that_share_an_index_are_told_apart_by_their_ids(
    chat: OpenAIProvider, replaying: Replaying
) -> None:
    replaying.events(
        chunk(call_piece('{"path":"a"}', index=0, id="one", name="read_file")),
        chunk(call_piece('{"path":"b"}', index=0, id="two", name="read_file"), "tool_calls"),
    )
    events = await collect(chat, asking(replaying))
    assert [(call.call_id, call.arguments) for call in only(events, CallRequested)] == [
        ("one", {"path": "a"}),
        ("two", {"path": "b"}),
    ]


async def test_interleaved_pieces_find_their_calls(chat: OpenAIProvider, replaying: Replaying) -> None:
    replaying.events(
        chunk(call_piece("", index=0, id="one", name="read_file")),
        chunk(call_piece("", index=1, id="two", name="read_file")),
        chunk(call_piece('{"path":', index=0)),
        chunk(call_piece('{"path":', index=1)),
        chunk(call_piece('"a"}', index=0)),
        chunk(call_piece('"b"}', index=1), "tool_calls"),
    )
    events = await collect(chat, asking(replaying))
    assert [call.arguments for call in only(events, CallRequested)] == [{"path": "a"}, {"path": "b"}]


async def test_a_call_without_an_id_or_with_a_used_one_gets_a_new_one(
    chat: OpenAIProvider, replaying: Replaying
) -> None:
    earlier = Turn(
        role=TurnRole.ASSISTANT, calls=[ToolCall(id=CallId("call_0"), tool_name="read_file", arguments={})]
    )
    result = Turn(role=TurnRole.TOOL, call_id=CallId("call_0"), text="A")
    replaying.events(
        chunk(call_piece("{}", index=0, id="call_0", name="read_file")),
        chunk(call_piece("{}", index=1, name="read_file"), "stop"),
    )
    events = await collect(chat, asking(replaying, said("Read."), earlier, result))
    ids = [call.call_id for call in only(events, CallRequested)]
    assert len({"call_0", *ids}) == 3
    assert events[-1] == Stopped(reason="calls")


async def test_arguments_that_are_no_json_come_as_the_model_wrote_them(
    chat: OpenAIProvider, replaying: Replaying
) -> None:
    replaying.events(chunk(call_piece('{"path": ', index=0, id="one", name="read_file"), "tool_calls"))
    call = only(await collect(chat, asking(replaying)), CallRequested)[0]
    assert call.arguments == {INVALID_JSON: '{"path": '}


async def test_a_call_that_was_cut_off_for_its_length_is_left_out(
    chat: OpenAIProvider, replaying: Replaying
) -> None:
    replaying.events(
        chunk(call_piece('{"path":"a"}', index=0, id="one", name="read_file")),
        chunk(call_piece('{"pa', index=1, id="two", name="read_file"), "length"),
    )
    events = await collect(chat, asking(replaying))
    assert [call.call_id for call in only(events, CallRequested)] == ["one"]
    assert events[-1] == Stopped(reason="max_tokens")


async def test_images_that_tools_show_come_after_all_results(
    chat: OpenAIProvider, replaying: Replaying
) -> None:
    calls = [ToolCall(id=CallId(name), tool_name="read_file", arguments={}) for name in ("a", "b")]
    results = [
        Turn(role=TurnRole.TOOL, call_id=CallId("a"), text="An image.", images=[PIXEL]),
        Turn(role=TurnRole.TOOL, call_id=CallId("b"), text="B"),
    ]
    replaying.events(chunk({"content": "Hi."}, "stop"))
    await collect(
        chat, asking(replaying, said("Look."), Turn(role=TurnRole.ASSISTANT, calls=calls), *results)
    )
    sent = replaying.requests[0]["messages"]
    assert [message["role"] for message in sent] == ["user", "assistant", "tool", "tool", "user"]
    assert sent[4]["content"][1]["image_url"]["url"] == PIXEL


async def test_images_are_sent_as_the_responses_protocol_has_them(
    responses: OpenAIProvider, replaying: Replaying
) -> None:
    replaying.events(response())
    await collect(responses, asking(replaying, said("What is this?", PIXEL)))
    sent = replaying.requests[0]["input"][0]["content"]
    assert sent[1] == {"type": "input_image", "image_url": PIXEL, "detail": "auto"}


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("context_length_exceeded", "CONTEXT_OVERFLOW"),
        ("rate_limit_exceeded", "RATE_LIMITED"),
        ("server_error", "MODEL_OVERLOADED"),
        (502, "MODEL_OVERLOADED"),
        (400, "REQUEST_REFUSED"),
    ],
)
async def test_a_failure_within_the_stream_has_its_code(
    chat: OpenAIProvider, replaying: Replaying, code: object, expected: str
) -> None:
    replaying.events(chunk({"content": "H"}), {"error": {"message": "no", "code": code}})
    assert (await failure(chat, asking(replaying))).code == expected


@pytest.mark.parametrize("content", [b"data: {broken\n\n", b"data: \xff\xfe\n\n", b""])
async def test_what_is_no_stream_of_events_counts_as_broken(
    chat: OpenAIProvider, replaying: Replaying, content: bytes
) -> None:
    replaying.content = content
    failed = await failure(chat, asking(replaying))
    assert (failed.code, failed.retryable) == ("CONNECTION_BROKEN", True)


async def test_a_redirect_is_not_followed(chat: OpenAIProvider, replaying: Replaying) -> None:
    replaying.status = 307
    replaying.headers = f"Location: {replaying.url}/elsewhere\r\n"
    failed = await failure(chat, asking(replaying))
    assert failed.code == "REQUEST_REFUSED"
    assert len(replaying.requests) == 1


async def test_giving_up_hangs_up_at_once(chat: OpenAIProvider, replaying: Replaying) -> None:
    replaying.events(chunk({"content": "Once upon a time"}), done=False)
    replaying.stays_open = True
    stream = cast(AsyncGenerator[ModelEvent, None], chat.stream(asking(replaying)))
    async with contextlib.aclosing(stream):
        assert await anext(stream) == TextDelta(text="Once upon a time")
    await asyncio.wait_for(replaying.hung_up.wait(), 10)


async def test_cancelling_hangs_up_at_once(chat: OpenAIProvider, replaying: Replaying) -> None:
    replaying.events(chunk({"content": "Once upon a time"}), done=False)
    replaying.stays_open = True
    first = asyncio.Event()

    async def read() -> None:
        async for _ in chat.stream(asking(replaying)):
            first.set()

    reading = asyncio.create_task(read())
    await asyncio.wait_for(first.wait(), 10)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    await asyncio.wait_for(replaying.hung_up.wait(), 10)


REASONING = {
    "type": "reasoning",
    "id": "rs_1",
    "summary": [{"type": "summary_text", "text": "Hm."}],
    "encrypted_content": "gAAAA",
    "status": "completed",
}
CALL = {
    "type": "function_call",
    "id": "fc_1",
    "call_id": "call_1",
    "name": "read_file",
    "arguments": '{"path":"a"}',
    "status": "completed",
}


async def test_encrypted_reasoning_is_kept_and_handed_back_in_its_place(
    responses: OpenAIProvider, replaying: Replaying
) -> None:
    replaying.events(
        *numbered(
            {"type": "response.output_item.done", "output_index": 0, "item": REASONING},
            {"type": "response.output_item.added", "output_index": 1, "item": {**CALL, "arguments": ""}},
            {"type": "response.output_item.done", "output_index": 1, "item": CALL},
            response(),
        )
    )
    events = await collect(responses, asking(replaying))
    [kept] = only(events, Continuation)
    [call] = only(events, CallRequested)
    assert replaying.requests[0]["include"] == ["reasoning.encrypted_content"]
    assert replaying.requests[0]["store"] is False
    answer = Turn(
        role=TurnRole.ASSISTANT,
        calls=[ToolCall(id=CallId(call.call_id), tool_name=call.tool_name, arguments={"path": "a"})],
        continuation={"provider": kept.provider, "content": dict(kept.content)},
    )
    result = Turn(role=TurnRole.TOOL, call_id=CallId(call.call_id), text="A")
    await collect(responses, asking(replaying, said("Hello?"), answer, result))
    sent = replaying.requests[1]["input"]
    assert [item["type"] for item in sent] == [
        "message",
        "reasoning",
        "function_call",
        "function_call_output",
    ]
    assert sent[1] == {name: REASONING[name] for name in ("type", "id", "summary", "encrypted_content")}


async def test_reasoning_of_another_model_or_provider_is_not_handed_back(
    responses: OpenAIProvider, replaying: Replaying
) -> None:
    replaying.events(response())
    for provider, model in (("openai", "o3"), ("anthropic", "gpt-5")):
        answer = Turn(
            role=TurnRole.ASSISTANT,
            text="Four.",
            continuation={"provider": provider, "content": {"model": model, "items": [REASONING]}},
        )
        await collect(responses, asking(replaying, said("2+2?"), answer, said("Sure?")))
    for request in replaying.requests:
        assert "gAAAA" not in str(request)
        assert request["input"][1] == {"role": "assistant", "content": "Four."}


async def test_summaries_of_reasoning_come_as_reasoning(
    responses: OpenAIProvider, replaying: Replaying
) -> None:
    def delta(kind: str, text: str, index: int) -> dict[str, Any]:
        return {"type": kind, "delta": text, "summary_index": index, "output_index": 0, "item_id": "rs_1"}

    part = {"type": "response.reasoning_summary_part.added", "part": {"type": "summary_text", "text": ""}}
    kind = "response.reasoning_summary_text.delta"
    replaying.events(*numbered(part, delta(kind, "One.", 0), part, delta(kind, "Two.", 1), response()))
    events = await collect(responses, asking(replaying, effort="high"))
    assert reasoning_of(events) == "One.\n\nTwo."
    assert replaying.requests[0]["reasoning"] == {"effort": "high", "summary": "auto"}


@pytest.mark.parametrize(
    ("ending", "reason"),
    [
        (response("incomplete", incomplete_details={"reason": "max_output_tokens"}), "max_tokens"),
        (response("incomplete", incomplete_details={"reason": "content_filter"}), "refusal"),
        (response(), "end"),
    ],
)
async def test_an_ending_says_why(
    responses: OpenAIProvider, replaying: Replaying, ending: dict[str, Any], reason: str
) -> None:
    replaying.events(ending)
    assert (await collect(responses, asking(replaying)))[-1] == Stopped(reason=reason)


@pytest.mark.parametrize(
    ("event", "code"),
    [
        (
            response("failed", error={"code": "rate_limit_exceeded", "message": "slow"}),
            "RATE_LIMITED",
        ),
        (response("failed", error={"code": "server_error", "message": "oops"}), "MODEL_OVERLOADED"),
        ({"type": "error", "code": "context_length_exceeded", "message": "long"}, "CONTEXT_OVERFLOW"),
    ],
)
async def test_a_response_that_fails_has_its_code(
    responses: OpenAIProvider, replaying: Replaying, event: dict[str, Any], code: str
) -> None:
    replaying.events(event)
    assert (await failure(responses, asking(replaying))).code == code


async def test_a_response_counts_its_tokens(responses: OpenAIProvider, replaying: Replaying) -> None:
    usage = {
        "input_tokens": 50,
        "output_tokens": 7,
        "total_tokens": 57,
        "input_tokens_details": {"cached_tokens": 40},
        "output_tokens_details": {"reasoning_tokens": 3},
    }
    replaying.events(response(usage=usage))
    counted = only(await collect(responses, asking(replaying)), Usage)
    assert counted == [Usage(tokens_in=50, tokens_out=7, cache_reads=40)]
