"""Queries Claude, and other servers with Anthropic's Messages protocol, with Anthropic's own library."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Final

import orjson

from roocode_server.engine.providers.anthropic.answer import AnthropicAnswer
from roocode_server.engine.providers.anthropic.failures import translated
from roocode_server.engine.providers.anthropic.request import parameters, temperature_of
from roocode_server.engine.providers.anthropic.thoughts import ANTHROPIC
from roocode_server.engine.providers.clients import ClientPool
from roocode_server.engine.providers.provider import Endpoint, ModelEvent, ModelRequest
from roocode_server.engine.providers.streams import plain_events
from roocode_server.engine.providers.wire import (
    MODEL_CONNECT_TIMEOUT_S,
    MODEL_SILENCE_TIMEOUT_S,
    broken,
    checked_key,
    closing,
    unusable_address,
)

if TYPE_CHECKING:
    import anthropic
    from anthropic.types import RawMessageStreamEvent
    from anthropic.types.message_create_params import MessageCreateParamsStreaming

ANTHROPIC_URL: Final = "https://api.anthropic.com"


class AnthropicProvider:
    """Models behind Anthropic's Messages protocol."""

    name: ClassVar[str] = ANTHROPIC

    def __init__(self) -> None:
        self._clients = ClientPool(_open, _close)

    async def stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent, None]:
        """Stream the model's answer. Closing the iterator closes its connection. Raises: ProviderFailure."""
        key = checked_key(self.name, request.endpoint.api_key, "ANTHROPIC_API_KEY")
        async with self._clients.lent(replace(request.endpoint, api_key=key)) as client:
            answer = AnthropicAnswer(request.model)
            sent = parameters(request)
            events = _events(client, sent, temperature_of(request, sent), key)
            async with contextlib.aclosing(events):
                async for event in events:
                    for piece in answer.take(event):
                        yield piece
            if not answer.is_complete:
                raise broken("it ended in the middle of the answer")
            for piece in answer.end():
                yield piece

    async def close(self) -> None:
        """Close all pooled connections."""
        await self._clients.close()


async def _events(
    client: anthropic.AsyncAnthropic,
    sent: MessageCreateParamsStreaming,
    temperature: float | None,
    key: str,
) -> AsyncGenerator[RawMessageStreamEvent, None]:
    import anthropic
    from anthropic.types import Message, RawMessageStreamEvent

    # The library no longer has a temperature parameter, because new models accept none.
    body = sent if temperature is None else {**sent, "temperature": temperature}
    with translated(key):
        # The body is already in the protocol's form, so the library need not process it.
        stream = await client.post(
            "/v1/messages",
            content=orjson.dumps(body),
            cast_to=Message,
            stream=True,
            stream_cls=anthropic.AsyncStream[RawMessageStreamEvent],
        )
        async with closing(stream.close):
            async for event in stream:
                yield event


def _open(endpoint: Endpoint) -> anthropic.AsyncAnthropic:
    """Create a client with all settings explicit, so that it reads no key or address from the environment.

    It is called in a thread, because importing the library takes seconds.
    """
    import anthropic
    import httpx2

    try:
        client = anthropic.AsyncAnthropic(
            api_key=endpoint.api_key,
            base_url=endpoint.base_url or ANTHROPIC_URL,
            max_retries=0,
            timeout=httpx2.Timeout(MODEL_SILENCE_TIMEOUT_S, connect=MODEL_CONNECT_TIMEOUT_S),
            open_telemetry=False,
            # A redirect could lead from a server of the user's choice into this server's network.
            http_client=anthropic.DefaultAsyncHttpxClient(
                follow_redirects=False, event_hooks={"response": [plain_events(with_names=True)]}
            ),
        )
    except httpx2.InvalidURL:
        raise unusable_address(ANTHROPIC) from None
    # Import now what the library imports at its first use.
    _ = client.messages
    return client


async def _close(client: anthropic.AsyncAnthropic) -> None:
    await client.close()
