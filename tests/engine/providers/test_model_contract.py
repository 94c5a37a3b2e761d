"""What holds for every provider of language models, whatever protocol it speaks."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from roocode_server.engine.providers.anthropic import AnthropicProvider
from roocode_server.engine.providers.gemini import GeminiProvider
from roocode_server.engine.providers.pictures import UNUSABLE
from roocode_server.engine.providers.provider import ModelRequest, ProviderFailure
from roocode_server.models.conversation import Turn, TurnRole
from tests.engine.providers.asking import PIXEL, Asked, Reply, ask, asked, question, reply, result
from tests.support.mock_models import MockModels
from tests.support.streams import StreamServer

pytestmark = pytest.mark.filterwarnings("ignore:FUNCTION_CALL is not a valid FinishReason")
"""The mock's own word for an answer that calls something; Gemini itself says STOP."""


@dataclass(frozen=True)
class Family:
    """One provider, a model of it, and the beginning of an answer in its protocol."""

    provider: Asked
    model: str
    variables: Sequence[str]
    beginning: Sequence[object]

    def question(self, *turns: Turn | str, url: str, **parts: Any) -> ModelRequest:
        return question(*turns, model=self.model, url=url, **parts)


@pytest.fixture(params=["anthropic", "gemini"])
async def family(request: pytest.FixtureRequest) -> AsyncIterator[Family]:
    if request.param == "anthropic":
        usage = {"input_tokens": 1, "output_tokens": 0}
        message = {"id": "m", "type": "message", "role": "assistant", "content": [], "model": "m"}
        made = Family(
            AnthropicProvider(),
            "claude-haiku-4-5",
            ["ANTHROPIC_API_KEY"],
            [
                {"type": "message_start", "message": {**message, "usage": usage}},
                {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": "Hel"}},
            ],
        )
    else:
        content = {"role": "model", "parts": [{"text": "Hel"}]}
        beginning = [{"candidates": [{"content": content, "index": 0}]}]
        made = Family(GeminiProvider(), "gemini-2.5-pro", ["GEMINI_API_KEY", "GOOGLE_API_KEY"], beginning)
    yield made
    await made.provider.close()


async def failed(family: Family, request: ModelRequest) -> ProviderFailure:
    with pytest.raises(ProviderFailure) as raised:
        await ask(family.provider, request)
    return raised.value


async def answered(family: Family, mock: MockModels, *turns: Turn | str, **parts: Any) -> Reply:
    return await ask(family.provider, family.question(*turns, url=mock.url, key=mock.key, **parts))


async def test_what_the_model_says_comes_piece_by_piece(family: Family, mock_models: MockModels) -> None:
    mock_models.say({"content": "The file has two lines, both of them empty."}, chunkSize=10)
    given = await answered(family, mock_models, "What is in it?")
    assert given.text == "The file has two lines, both of them empty."
    assert len(given.texts) > 2
    assert given.stopped == "end"


async def test_what_the_model_thinks_is_told_apart(family: Family, mock_models: MockModels) -> None:
    mock_models.say({"content": "Two.", "reasoning": "One and one."})
    given = await answered(family, mock_models, "How many?", effort="low")
    assert (given.reasoning, given.text) == ("One and one.", "Two.")


async def test_two_calls_at_once_are_both_asked_for(family: Family, mock_models: MockModels) -> None:
    calls = [{"name": "read_file", "arguments": {"path": path}} for path in ("a", "b")]
    mock_models.say({"content": "I look.", "toolCalls": calls})
    given = await answered(family, mock_models, "Compare them.")
    assert given.text == "I look."
    assert [(call.tool_name, call.arguments) for call in given.calls] == [
        ("read_file", {"path": "a"}),
        ("read_file", {"path": "b"}),
    ]
    assert [json.loads(given.written(call.call_id)) for call in given.calls] == [{"path": "a"}, {"path": "b"}]
    assert len({call.call_id for call in given.calls}) == 2
    assert given.stopped == "calls"


async def test_the_results_of_both_calls_go_back_with_them(family: Family, mock_models: MockModels) -> None:
    calls = [{"name": "read_file", "arguments": {"path": path}} for path in ("a", "b")]
    mock_models.say({"content": "I look.", "toolCalls": calls}, match={"hasToolResult": False})
    mock_models.say({"content": "They differ."}, match={"hasToolResult": True})
    first = await answered(family, mock_models, "Compare them.")
    results = [result(call.call_id, text) for call, text in zip(first.calls, ["one", "two"], strict=True)]
    second = await answered(family, mock_models, "Compare them.", first.turn, *results)
    assert (second.text, second.stopped) == ("They differ.", "end")
    sent = mock_models.requests()[-1].body["messages"]
    assert [message["role"] for message in sent] == ["system", "user", "assistant", "tool", "tool"]
    assert [json.loads(call["function"]["arguments"]) for call in sent[2]["tool_calls"]] == [
        {"path": "a"},
        {"path": "b"},
    ]
    assert [message["tool_call_id"] for message in sent[3:]] == [call["id"] for call in sent[2]["tool_calls"]]
    assert "one" in sent[3]["content"] and "two" in sent[4]["content"]


async def test_the_tools_and_the_system_prompt_are_sent(family: Family, mock_models: MockModels) -> None:
    mock_models.say({"content": "Yes."})
    await answered(family, mock_models, "Ready?")
    [sent] = mock_models.requests()
    assert sent.body["messages"][0] == {"role": "system", "content": "Be brief."}
    [tool] = sent.body["tools"]
    assert tool["function"]["name"] == "read_file"
    assert tool["function"]["description"] == "Read a file."


async def test_tokens_are_counted(family: Family, mock_models: MockModels) -> None:
    mock_models.say({"content": "Yes.", "usage": {"input_tokens": 120, "output_tokens": 7}})
    given = await answered(family, mock_models, "Ready?")
    assert given.usage is not None
    assert (given.usage.tokens_in, given.usage.tokens_out) == (120, 7)


async def test_an_answer_that_ran_out_of_tokens_says_so(family: Family, mock_models: MockModels) -> None:
    reason = "max_tokens" if family.model.startswith("claude") else "MAX_TOKENS"
    mock_models.say({"content": "It is", "finishReason": reason})
    assert (await answered(family, mock_models, "Tell me.")).stopped == "max_tokens"


async def test_too_many_requests_are_refused_with_the_time_to_wait(
    family: Family, mock_models: MockModels
) -> None:
    mock_models.fail(429, "slow down", retry_after=7)
    failure = await failed(family, family.question("Hi", url=mock_models.url, key=mock_models.key))
    assert (failure.code, failure.retryable, failure.retry_after_s) == ("RATE_LIMITED", True, 7)
    assert "slow down" in failure.message
    assert len(mock_models.requests()) == 1


async def test_a_broken_server_is_asked_once(family: Family, mock_models: MockModels) -> None:
    mock_models.fail(500, "oh no")
    failure = await failed(family, family.question("Hi", url=mock_models.url, key=mock_models.key))
    assert (failure.code, failure.retryable) == ("MODEL_OVERLOADED", True)
    assert len(mock_models.requests()) == 1


async def test_a_conversation_that_is_too_long_is_known_for_it(
    family: Family, mock_models: MockModels
) -> None:
    mock_models.fail(400, "prompt is too long: 210000 tokens > 200000 maximum")
    failure = await failed(family, family.question("Hi", url=mock_models.url, key=mock_models.key))
    assert (failure.code, failure.retryable) == ("CONTEXT_OVERFLOW", False)


async def test_a_wrong_request_is_not_worth_repeating(family: Family, mock_models: MockModels) -> None:
    mock_models.fail(400, "tools.0: wrong")
    failure = await failed(family, family.question("Hi", url=mock_models.url, key=mock_models.key))
    assert (failure.code, failure.retryable) == ("REQUEST_REFUSED", False)


async def test_a_model_that_nobody_knows_is_named(family: Family, mock_models: MockModels) -> None:
    mock_models.say({"content": "Yes."}, match={"model": "another"})
    failure = await failed(family, family.question("Hi", url=mock_models.url, key=mock_models.key))
    assert (failure.code, failure.retryable) == ("MODEL_UNKNOWN", False)


async def test_a_wrong_key_is_refused(family: Family, mock_models: MockModels) -> None:
    mock_models.say({"content": "Yes."})
    failure = await failed(family, family.question("Hi", url=mock_models.url, key="stolen"))
    assert (failure.code, failure.retryable) == ("PROVIDER_KEY_REFUSED", False)
    assert "stolen" not in failure.message


async def test_without_a_key_nothing_is_asked_and_the_variables_are_named(
    family: Family, mock_models: MockModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in family.variables:
        monkeypatch.setenv(variable, mock_models.key)
    failure = await failed(family, family.question("Hi", url=mock_models.url, key=None))
    assert failure.code == "PROVIDER_UNAVAILABLE"
    assert all(variable in failure.message for variable in family.variables)
    assert mock_models.requests() == []


async def test_the_environment_changes_neither_key_nor_address(
    family: Family, mock_models: MockModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in (*family.variables, "ANTHROPIC_AUTH_TOKEN"):
        monkeypatch.setenv(variable, "of-the-environment")
    for variable in ("ANTHROPIC_BASE_URL", "GOOGLE_GEMINI_BASE_URL"):
        monkeypatch.setenv(variable, "http://127.0.0.1:9")
    monkeypatch.setenv("GOOGLE_GENAI_USE_VERTEXAI", "true")
    mock_models.say({"content": "Yes."})
    assert (await answered(family, mock_models, "Ready?")).text == "Yes."


async def test_a_key_is_in_no_message_even_if_the_server_repeats_it(
    family: Family, mock_models: MockModels
) -> None:
    mock_models.fail(400, f"what shall I do with {mock_models.key}?")
    failure = await failed(family, family.question("Hi", url=mock_models.url, key=mock_models.key))
    assert mock_models.key not in failure.message
    assert failure.__cause__ is None


async def test_an_answer_that_is_cut_off_is_a_broken_connection(
    family: Family, mock_models: MockModels
) -> None:
    mock_models.say({"content": "a long answer " * 20}, truncateAfterChunks=4)
    failure = await failed(family, family.question("Hi", url=mock_models.url, key=mock_models.key))
    assert (failure.code, failure.retryable) == ("CONNECTION_BROKEN", True)


async def test_an_answer_that_ends_too_early_is_a_broken_connection(
    family: Family, stream_server: StreamServer
) -> None:
    stream_server.says(*family.beginning)
    failure = await failed(family, family.question("Hi", url=stream_server.url))
    assert (failure.code, failure.retryable) == ("CONNECTION_BROKEN", True)


@pytest.mark.parametrize("chaos", ["disconnectRate", "malformedRate"])
async def test_chaos_is_a_broken_connection(family: Family, mock_models: MockModels, chaos: str) -> None:
    mock_models.say({"content": "Yes."}, chaos={chaos: 1})
    failure = await failed(family, family.question("Hi", url=mock_models.url, key=mock_models.key))
    assert (failure.code, failure.retryable) == ("CONNECTION_BROKEN", True)


async def test_where_nobody_listens_the_connection_is_broken(
    family: Family, unused_tcp_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    failure = await failed(family, family.question("Hi", url=f"http://127.0.0.1:{unused_tcp_port}"))
    assert (failure.code, failure.retryable) == ("CONNECTION_BROKEN", True)


@pytest.mark.parametrize("url", ["no address", "ftp://127.0.0.1/"])
async def test_an_address_that_is_none_cannot_be_used(family: Family, url: str) -> None:
    failure = await failed(family, family.question("Hi", url=url))
    assert (failure.code, failure.retryable) == ("PROVIDER_UNAVAILABLE", False)


async def test_nobody_is_led_elsewhere(family: Family, stream_server: StreamServer) -> None:
    stream_server.status, stream_server.headers = 307, {"Location": "/elsewhere"}
    failure = await failed(family, family.question("Hi", url=stream_server.url))
    assert failure.code in ("REQUEST_REFUSED", "MODEL_OVERLOADED")
    assert len(stream_server.bodies) == 1


async def test_a_cancelled_answer_closes_its_connection(family: Family, stream_server: StreamServer) -> None:
    stream_server.says(*family.beginning, then_hangs=True)
    begun = asyncio.Event()

    async def listen() -> None:
        stream = family.provider.stream(family.question("Hi", url=stream_server.url))
        async with contextlib.aclosing(stream):
            async for _ in stream:
                begun.set()

    listening = asyncio.create_task(listen())
    async with asyncio.timeout(60):
        await begun.wait()
    listening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await listening
    async with asyncio.timeout(10):
        await stream_server.left.wait()


async def test_an_answer_that_nobody_reads_to_the_end_closes_its_connection(
    family: Family, stream_server: StreamServer
) -> None:
    stream_server.says(*family.beginning, then_hangs=True)
    stream = family.provider.stream(family.question("Hi", url=stream_server.url))
    await anext(stream)
    await stream.aclose()
    async with asyncio.timeout(10):
        await stream_server.left.wait()


async def test_a_question_that_is_cancelled_before_the_answer_closes_its_connection(
    family: Family, stream_server: StreamServer
) -> None:
    stream_server.says(then_hangs=True)
    asking = asyncio.create_task(ask(family.provider, family.question("Hi", url=stream_server.url)))
    async with asyncio.timeout(30):
        while not stream_server.bodies:
            await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    async with asyncio.timeout(10):
        await stream_server.left.wait()


async def test_a_connection_is_used_again(
    family: Family, mock_models: MockModels, stream_server: StreamServer
) -> None:
    mock_models.say({"content": "Yes."})
    stream_server.behind = mock_models.url
    for _ in range(3):
        again = family.question("Ready?", url=stream_server.url, key=mock_models.key)
        assert (await ask(family.provider, again)).text == "Yes."
    assert len(stream_server.connections) == 1


async def test_a_conversation_in_disorder_is_accepted(family: Family, mock_models: MockModels) -> None:
    mock_models.say({"content": "Fine."})
    disorder: list[Turn | str] = [
        result("lost", "of a call before the summary"),
        reply("I look.", asked("odd id!"), asked("odd id!")),
        "Wait.",
        result("odd id!", "one"),
        reply("", asked("never answered")),
        reply("Well"),
    ]
    assert (await answered(family, mock_models, *disorder)).text == "Fine."


async def test_an_image_that_is_none_is_replaced_by_a_note(family: Family, mock_models: MockModels) -> None:
    mock_models.say({"content": "I see none."})
    told = Turn(role=TurnRole.USER, text="Look.", images=["http://elsewhere/a.png"])
    assert (await answered(family, mock_models, told)).text == "I see none."
    assert UNUSABLE in str(mock_models.requests()[0].body)


async def test_images_are_accepted(family: Family, mock_models: MockModels) -> None:
    mock_models.say({"content": "A pixel."})
    told = Turn(role=TurnRole.USER, text="Look.", images=[PIXEL])
    assert (await answered(family, mock_models, told)).text == "A pixel."
