from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from hypothesis import given, settings

from roocode_server.engine.providers.gemini import GeminiProvider
from roocode_server.engine.providers.gemini.request import contents
from roocode_server.engine.providers.provider import ProviderFailure
from roocode_server.models.conversation import Turn, TurnRole
from tests.engine.providers.asking import PIXEL, ask, asked, question, reply, result
from tests.engine.providers.conversations import conversations
from tests.support.streams import StreamServer

OLD = "gemini-2.5-pro"
NEW = "gemini-3-pro"
NOBODYS = "skip_thought_signature_validator"


@pytest.fixture
async def provider() -> AsyncIterator[GeminiProvider]:
    made = GeminiProvider()
    yield made
    await made.close()


def piece(*parts: dict[str, Any], ends: str | None = None, **more: Any) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"role": "model", "parts": list(parts)}, "index": 0}
    return {"candidates": [{**candidate, **({"finishReason": ends} if ends else {})}], **more}


def call(path: str, **more: str) -> dict[str, Any]:
    return {"functionCall": {"name": "read_file", "args": {"path": path}}, **more}


async def bodies(
    provider: GeminiProvider, server: StreamServer, *turns: Turn | str, model: str = OLD, **parts: Any
) -> Any:
    """Return what is sent for these turns."""
    server.says(piece({"text": "Yes."}, ends="STOP"))
    await ask(provider, question(*turns, model=model, url=server.url, **parts))
    return camel(server.bodies[-1])


def camel(content: Any) -> Any:
    """Return it with all keys in camel case: the library mixes both forms, and the protocol accepts both."""
    if isinstance(content, list):
        return [camel(each) for each in content]
    if isinstance(content, dict):
        return {_camel_key(key): camel(value) for key, value in content.items()}
    return content


def _camel_key(key: str) -> str:
    first, *rest = key.split("_")
    return first + "".join(word.title() for word in rest)


def converted(turns: Sequence[Turn], model: str) -> Sequence[Any]:
    """Parse what is sent with the vendor's own types."""
    from google.genai.types import Content

    return [Content.model_validate(each) for each in contents(question(*turns, model=model, url=""))]


@settings(deadline=None)  # the first example imports the library
@given(conversations)
def test_every_conversation_becomes_one_that_the_protocol_takes(turns: list[Turn]) -> None:
    made = converted(turns, NEW)
    roles = [content.role for content in made]
    assert roles == ["user" if number % 2 == 0 else "model" for number in range(len(roles))]
    assert roles[-1] == "user"
    waiting: list[tuple[str, str]] = []
    for content in made:
        assert content.parts
        given_back = [part.function_response for part in content.parts if part.function_response]
        assert [(each.id, each.name) for each in given_back] == waiting
        assert all(part.function_response for part in content.parts[: len(given_back)])
        asked_for = [part.function_call for part in content.parts if part.function_call]
        waiting = [(each.id, each.name) for each in asked_for]
    assert not waiting


@settings(deadline=None)  # the first example imports the library
@given(conversations)
def test_the_first_call_of_an_answer_is_always_signed_for_those_who_want_it(turns: list[Turn]) -> None:
    for turn in turns:
        if turn.role is TurnRole.ASSISTANT and turn.calls:
            model = converted([turn], NEW)[1]
            first = next(part for part in model.parts if part.function_call)
            assert first.thought_signature


async def test_a_signature_goes_back_in_its_place(
    provider: GeminiProvider, stream_server: StreamServer
) -> None:
    signature = base64.b64encode(b"signed").decode()
    stream_server.says(
        piece({"text": "Thinking.", "thought": True}),
        piece({"text": "I "}),
        piece({"text": "look."}),
        piece(call("a", thoughtSignature=signature), call("b"), ends="STOP"),
    )
    given_back = await ask(provider, question("Hi", model=NEW, url=stream_server.url))
    assert given_back.reasoning == "Thinking."
    results = [result(each.call_id, "x") for each in given_back.calls]
    sent = await bodies(provider, stream_server, "Hi", given_back.turn, *results, model=NEW)
    text, first, second = sent["contents"][1]["parts"]
    assert text == {"text": "I look."}
    assert first["thoughtSignature"] == signature
    assert "thoughtSignature" not in second
    ids = [each["functionResponse"]["id"] for each in sent["contents"][2]["parts"]]
    assert ids == [first["functionCall"]["id"], second["functionCall"]["id"]]


async def test_a_signature_at_the_end_of_the_text_goes_back(
    provider: GeminiProvider, stream_server: StreamServer
) -> None:
    signature = base64.b64encode(b"signed").decode()
    stream_server.says(
        piece({"text": "Done."}), piece({"text": "", "thoughtSignature": signature}, ends="STOP")
    )
    given_back = await ask(provider, question("Hi", model=NEW, url=stream_server.url))
    sent = await bodies(provider, stream_server, "Hi", given_back.turn, "And?", model=NEW)
    parts = sent["contents"][1]["parts"]
    assert "".join(part.get("text", "") for part in parts) == "Done."
    assert parts[-1]["thoughtSignature"] == signature


@pytest.mark.parametrize(("model", "signature"), [(NEW, NOBODYS), (OLD, None)])
async def test_calls_of_other_models_are_signed_where_a_signature_is_wanted(
    provider: GeminiProvider, stream_server: StreamServer, model: str, signature: str | None
) -> None:
    turns: list[Turn | str] = ["Hi", reply("", asked("a"), asked("b")), result("a", "x"), result("b", "y")]
    sent = await bodies(provider, stream_server, *turns, model=model)
    signatures = [part.get("thoughtSignature") for part in sent["contents"][1]["parts"]]
    assert signatures == [signature, None]


async def test_what_came_of_calls_is_told_apart(
    provider: GeminiProvider, stream_server: StreamServer
) -> None:
    turns: list[Turn | str] = [
        "Hi",
        reply("", asked("a"), asked("b")),
        result("a", "x"),
        result("b", "no", success=False),
    ]
    sent = await bodies(provider, stream_server, *turns)
    responses = [part["functionResponse"]["response"] for part in sent["contents"][2]["parts"]]
    assert responses == [{"output": "x"}, {"error": "no"}]


async def test_images_are_sent_beside_what_is_said_and_after_all_results(
    provider: GeminiProvider, stream_server: StreamServer
) -> None:
    told = Turn(role=TurnRole.USER, text="Look.", images=[PIXEL])
    seen = result("a", "x", images=[PIXEL, "data:image/svg+xml;base64,aGk="])
    sent = await bodies(
        provider, stream_server, told, reply("", asked("a"), asked("b")), seen, result("b", "y")
    )
    data = base64.b64decode(sent["contents"][0]["parts"][1]["inlineData"]["data"])
    assert data == base64.b64decode(PIXEL.partition(",")[2])
    kinds = [next(iter(part)) for part in sent["contents"][2]["parts"]]
    assert kinds == ["functionResponse", "functionResponse", "inlineData", "text"]


async def test_tools_are_declared_by_their_schemas(
    provider: GeminiProvider, stream_server: StreamServer
) -> None:
    sent = await bodies(provider, stream_server, "Hi")
    [declared] = sent["tools"][0]["functionDeclarations"]
    assert declared["name"] == "read_file"
    assert declared["parametersJsonSchema"]["required"] == ["path"]
    assert sent["systemInstruction"]["parts"] == [{"text": "Be brief."}]


@pytest.mark.parametrize(
    ("model", "effort", "thinking"),
    [
        ("gemini-2.0-flash", "high", None),
        (OLD, None, {"includeThoughts": True}),
        (OLD, "low", {"includeThoughts": True, "thinkingBudget": 1024}),
        (NEW, "high", {"includeThoughts": True, "thinkingLevel": "HIGH"}),
        ("gemini-flash-latest", "medium", {"includeThoughts": True, "thinkingLevel": "MEDIUM"}),
    ],
)
async def test_each_model_is_asked_to_think_in_its_own_way(
    provider: GeminiProvider,
    stream_server: StreamServer,
    model: str,
    effort: str | None,
    thinking: dict[str, Any] | None,
) -> None:
    sent = await bodies(provider, stream_server, "Hi", model=model, effort=effort, temperature=0.5)
    assert sent["generationConfig"].get("thinkingConfig") == thinking
    assert sent["generationConfig"]["temperature"] == 0.5


async def test_an_answer_may_be_as_long_as_the_model_can_make_it(
    provider: GeminiProvider, stream_server: StreamServer
) -> None:
    sent = await bodies(provider, stream_server, "Hi")
    assert sent["generationConfig"]["maxOutputTokens"] == 65_536


async def test_thoughts_and_the_cache_are_counted(
    provider: GeminiProvider, stream_server: StreamServer
) -> None:
    usage = {
        "promptTokenCount": 140,
        "cachedContentTokenCount": 100,
        "candidatesTokenCount": 5,
        "thoughtsTokenCount": 20,
    }
    stream_server.says(piece({"text": "Yes."}, ends="STOP", usageMetadata=usage))
    given_back = await ask(provider, question("Hi", model=OLD, url=stream_server.url))
    assert given_back.usage is not None
    assert (given_back.usage.tokens_in, given_back.usage.tokens_out) == (140, 25)
    assert given_back.usage.cache_reads == 100


@pytest.mark.parametrize(
    ("reason", "stopped"),
    [
        ("SAFETY", "refusal"),
        ("MAX_TOKENS", "max_tokens"),
        ("MALFORMED_FUNCTION_CALL", "end"),
        ("STOP", "end"),
    ],
)
async def test_every_reason_to_stop_has_a_meaning(
    provider: GeminiProvider, stream_server: StreamServer, reason: str, stopped: str
) -> None:
    stream_server.says(piece(ends=reason))
    assert (await ask(provider, question("Hi", model=OLD, url=stream_server.url))).stopped == stopped


async def test_a_question_that_is_blocked_is_a_refusal(
    provider: GeminiProvider, stream_server: StreamServer
) -> None:
    stream_server.says({"promptFeedback": {"blockReason": "SAFETY"}})
    assert (await ask(provider, question("Hi", model=OLD, url=stream_server.url))).stopped == "refusal"


def error(code: int, message: str, **detail: str) -> str:
    """The body of an error, as Google's servers write it."""
    details = (
        f'[{{"@type": "{detail.pop("kind", "")}", "{next(iter(detail))}": "{next(iter(detail.values()))}"}}]'
    )
    return f'{{"error": {{"code": {code}, "message": "{message}", "status": "X", "details": {details}}}}}'


async def test_a_wrong_key_is_known_though_its_status_is_that_of_a_wrong_request(
    provider: GeminiProvider, stream_server: StreamServer
) -> None:
    stream_server.status = 400
    stream_server.says(error(400, "API key not valid.", reason="API_KEY_INVALID"))
    with pytest.raises(ProviderFailure) as raised:
        await ask(provider, question("Hi", model=OLD, url=stream_server.url))
    assert raised.value.code == "PROVIDER_KEY_REFUSED"


async def test_the_time_to_wait_is_read_from_the_details(
    provider: GeminiProvider, stream_server: StreamServer
) -> None:
    stream_server.status = 429
    kind = "type.googleapis.com/google.rpc.RetryInfo"
    stream_server.says(error(429, "quota", kind=kind, retryDelay="17.5s"))
    with pytest.raises(ProviderFailure) as raised:
        await ask(provider, question("Hi", model=OLD, url=stream_server.url))
    assert (raised.value.code, raised.value.retry_after_s) == ("RATE_LIMITED", 17.5)


async def test_an_error_within_the_stream_means_what_its_status_would(
    provider: GeminiProvider, stream_server: StreamServer
) -> None:
    stream_server.says(piece({"text": "Well"}), {"error": {"code": 503, "message": "overloaded"}})
    with pytest.raises(ProviderFailure, match="overloaded") as raised:
        await ask(provider, question("Hi", model=OLD, url=stream_server.url))
    assert (raised.value.code, raised.value.retryable) == ("MODEL_OVERLOADED", True)


@pytest.mark.parametrize("model", ["../../v1/secrets", "gemini?key=x", "a/b/c", "", "gémini", "gemini\n"])
async def test_a_name_that_leads_elsewhere_is_no_model(
    provider: GeminiProvider, stream_server: StreamServer, model: str
) -> None:
    with pytest.raises(ProviderFailure) as raised:
        await ask(provider, question("Hi", model=model, url=stream_server.url))
    assert raised.value.code == "MODEL_UNKNOWN"
    assert stream_server.bodies == []
