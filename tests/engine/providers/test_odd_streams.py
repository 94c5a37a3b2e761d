"""Streams as compatible servers and proxies send them: pings, comments, identifiers, errors under 200."""

from __future__ import annotations

import gzip
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import pytest

from roocode_server.engine.providers.anthropic import AnthropicProvider
from roocode_server.engine.providers.gemini import GeminiProvider
from roocode_server.engine.providers.openai import OpenAIProvider
from roocode_server.engine.providers.provider import CallRequested, Endpoint, ModelRequest, Provider
from roocode_server.models.settings import WireProtocol
from tests.engine.providers.asking import READ_FILE, Reply, result
from tests.engine.providers.questions import collect, failure, only, said, text_of
from tests.support.replaying import Replaying, call_piece, chunk

CHAT = [chunk({"content": "Hi"}), chunk({"content": " there."}, "stop")]
RESPONSES = [
    {"type": "response.output_text.delta", "delta": "Hi there."},
    {"type": "response.completed", "response": {"id": "r", "status": "completed", "output": []}},
]
GEMINI = [{"candidates": [{"content": {"parts": [{"text": "Hi there."}]}, "finishReason": "STOP"}]}]
ANTHROPIC = [
    {"type": "message_start", "message": {"id": "m", "usage": {"input_tokens": 1, "output_tokens": 1}}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hi there."}},
    {"type": "content_block_stop", "index": 0},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 3}},
    {"type": "message_stop"},
]
MAKERS: dict[str, tuple[Callable[[], Any], list[dict[str, Any]]]] = {
    "chat": (lambda: OpenAIProvider(WireProtocol.CHAT), CHAT),
    "responses": (lambda: OpenAIProvider(WireProtocol.RESPONSES), RESPONSES),
    "gemini": (GeminiProvider, GEMINI),
    "anthropic": (AnthropicProvider, ANTHROPIC),
}


@pytest.fixture(params=MAKERS)
async def spoken(request: pytest.FixtureRequest) -> AsyncIterator[tuple[Provider, list[dict[str, Any]]]]:
    """A provider, and the pieces of an answer in its protocol."""
    make, pieces = MAKERS[request.param]
    made = make()
    yield made, pieces
    await made.close()


def asking(replaying: Replaying, provider: Provider) -> ModelRequest:
    path = "/v1" if provider.name == "openai" else ""
    endpoint = Endpoint(base_url=f"{replaying.url}{path}", api_key="a-key")
    return ModelRequest(model="m", system="", turns=[said("Hello?")], tools=[READ_FILE], endpoint=endpoint)


def _event(piece: dict[str, Any], *, named: bool = True) -> str:
    name = f"event: {piece['type']}\n" if named and "type" in piece else ""
    return f"{name}data: {json.dumps(piece)}\n\n"


ODD = {
    "pings without data": ("event: ping\n\n", ""),
    "comments": (": OPENROUTER PROCESSING\n\n", ""),
    "comments without an empty line": (": keep-alive\n", ""),
    "identifiers": ("id: 7\n\n", "id: 8\n"),
    "times to retry": ("retry: 3000\n\n", ""),
    "an empty piece of data": ("data:\n\n", ""),
}


@pytest.mark.parametrize("between", ODD.values(), ids=ODD.keys())
async def test_what_is_no_piece_of_an_answer_does_not_disturb_it(
    spoken: tuple[Provider, list[dict[str, Any]]], replaying: Replaying, between: tuple[str, str]
) -> None:
    provider, pieces = spoken
    alone, within = between
    replaying.content = (alone + "".join(f"{within}{_event(piece)}{alone}" for piece in pieces)).encode()
    assert text_of(await collect(provider, asking(replaying, provider))) == "Hi there."


async def test_lines_may_end_as_windows_ends_them_and_the_answer_be_compressed(
    spoken: tuple[Provider, list[dict[str, Any]]], replaying: Replaying
) -> None:
    provider, pieces = spoken
    text = "".join(_event(piece) for piece in pieces).replace("\n", "\r\n")
    replaying.headers += "Content-Encoding: gzip\r\n"
    replaying.content = gzip.compress(text.encode())
    assert text_of(await collect(provider, asking(replaying, provider))) == "Hi there."


async def test_events_need_no_names(
    spoken: tuple[Provider, list[dict[str, Any]]], replaying: Replaying
) -> None:
    provider, pieces = spoken
    replaying.content = "".join(_event(piece, named=False) for piece in pieces).encode()
    assert text_of(await collect(provider, asking(replaying, provider))) == "Hi there."


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"error": {"message": "No credits left", "code": 402}}, "No credits left"),
        ({"error": "model is sleeping"}, "model is sleeping"),
        ({"object": "error", "message": "no such lora", "code": 400}, "no such lora"),
        ({"base_resp": {"status_code": 1008, "status_msg": "insufficient balance"}}, "insufficient balance"),
        ({"detail": "Not today"}, "Not today"),
        ([{"error": {"code": 429, "message": "Slow down", "status": "RESOURCE_EXHAUSTED"}}], "Slow down"),
        ({"type": "error", "error": {"type": "overloaded_error", "message": "Busy"}}, "Busy"),
    ],
)
async def test_an_error_in_the_place_of_an_answer_is_told_in_its_own_words(
    spoken: tuple[Provider, list[dict[str, Any]]], replaying: Replaying, body: object, words: str
) -> None:
    provider, _ = spoken
    for head, content in (
        ("Content-Type: application/json\r\n", json.dumps(body, indent=2)),
        ("Content-Type: text/event-stream\r\n", f"data: {json.dumps(body)}\n\n"),
        ("Content-Type: text/event-stream\r\n", f"event: error\ndata: {json.dumps(body)}\n\n"),
    ):
        replaying.headers, replaying.content = head, content.encode()
        failed = await failure(provider, asking(replaying, provider))
        assert words in failed.message
        assert failed.code != "CONNECTION_BROKEN"


async def test_an_answer_that_speaks_of_errors_is_none(
    spoken: tuple[Provider, list[dict[str, Any]]], replaying: Replaying
) -> None:
    provider, pieces = spoken
    told = json.loads(json.dumps(pieces).replace("there.", '\\"error\\": {}'))
    replaying.content = "".join(_event(piece) for piece in told).encode()
    assert text_of(await collect(provider, asking(replaying, provider))) == 'Hi "error": {}'


async def test_an_answer_of_claudes_protocol_may_end_without_its_last_event(replaying: Replaying) -> None:
    provider = AnthropicProvider()
    replaying.content = "".join(_event(piece) for piece in ANTHROPIC[:-1]).encode()
    assert text_of(await collect(provider, asking(replaying, provider))) == "Hi there."
    replaying.content = "".join(_event(piece) for piece in ANTHROPIC[:-2]).encode()
    assert (await failure(provider, asking(replaying, provider))).code == "CONNECTION_BROKEN"
    await provider.close()


@pytest.mark.parametrize(
    "pieces",
    [
        [
            call_piece('{"path": "a"}', name="read_file", index=0),
            call_piece('{"path": "b"}', name="read_file", index=1),
        ],
        [call_piece('{"path": "a"}', name="read_file"), call_piece('{"path": "b"}', name="read_file")],
        [
            call_piece('{"path": "a"}', name="read_file", index=0),
            call_piece('{"path": "b"}', name="read_file", index=0),
        ],
        [
            call_piece('{"path": "a"}', name="read_file", id="", index=0),
            call_piece('{"path":', name="read_file", id="", index=1),
            call_piece(' "b"}', id="", index=1),
        ],
        [
            call_piece("", name="read_file", id="one"),
            call_piece('{"path": "a"}'),
            call_piece("", name="read_file", id="two"),
            call_piece('{"path": "b"}'),
        ],
        [
            {
                "tool_calls": [
                    call_piece('{"path": "a"}', name="read_file")["tool_calls"][0],
                    call_piece('{"path": "b"}', name="read_file")["tool_calls"][0],
                ]
            }
        ],
    ],
    ids=["indices", "nothing", "one index", "empty ids", "ids", "one piece"],
)
async def test_parallel_calls_are_told_apart_whatever_names_them(
    replaying: Replaying, pieces: list[dict[str, Any]]
) -> None:
    provider = OpenAIProvider(WireProtocol.CHAT)
    replaying.events(*map(chunk, pieces), chunk({}, "tool_calls"))
    calls = only(await collect(provider, asking(replaying, provider)), CallRequested)
    assert [dict(call.arguments) for call in calls] == [{"path": "a"}, {"path": "b"}]
    assert len({call.call_id for call in calls}) == 2
    await provider.close()


async def test_a_name_repeated_with_every_piece_begins_no_other_call(replaying: Replaying) -> None:
    provider = OpenAIProvider(WireProtocol.CHAT)
    replaying.events(
        chunk(call_piece('{"path":', name="read_file", index=0, id="one")),
        chunk(call_piece(' "a"}', name="read_file", index=0, id="one")),
        chunk({}, "tool_calls"),
    )
    [call] = only(await collect(provider, asking(replaying, provider)), CallRequested)
    assert call.arguments == {"path": "a"}
    await provider.close()


async def test_thoughts_go_back_with_the_calls_they_led_to_where_they_came_from(replaying: Replaying) -> None:
    provider = OpenAIProvider(WireProtocol.CHAT)
    replaying.events(
        chunk({"reasoning_content": "I should "}),
        chunk({"reasoning_content": "look."}),
        chunk({"reasoning_details": [{"index": 0, "type": "reasoning.text", "text": "I "}]}),
        chunk(
            {"reasoning_details": [{"index": 0, "type": "reasoning.text", "text": "look", "signature": "s"}]}
        ),
        chunk(call_piece('{"path": "a"}', name="read_file", id="one", index=0)),
        chunk({}, "tool_calls"),
    )
    asked = asking(replaying, provider)
    given = Reply(await collect(provider, asked))
    turns = [said("Hello?"), given.turn, result("one", "text")]
    await collect(provider, replace(asked, turns=turns))
    back = replaying.requests[-1]["messages"][-2]
    assert back["reasoning_content"] == "I should look."
    [detail] = back["reasoning_details"]
    assert (detail["text"], detail["signature"]) == ("I look", "s")
    await collect(provider, replace(asked, turns=turns, model="another"))
    assert "reasoning_content" not in replaying.requests[-1]["messages"][-2]
    await provider.close()


@pytest.mark.parametrize("name", ["reasoning", None])
async def test_servers_that_want_no_thoughts_back_are_sent_none(
    replaying: Replaying, name: str | None
) -> None:
    provider = OpenAIProvider(WireProtocol.CHAT)
    thought = [chunk({name: "Hm."})] if name else []
    piece = call_piece('{"path": "a"}', name="read_file", id="one", index=0)
    replaying.events(*thought, chunk(piece), chunk({}, "tool_calls"))
    asked = asking(replaying, provider)
    given = Reply(await collect(provider, asked))
    await collect(provider, replace(asked, turns=[said("Hello?"), given.turn, result("one", "text")]))
    assert set(replaying.requests[-1]["messages"][-2]) == {"role", "content", "tool_calls"}
    await provider.close()
