"""The provider: chooses the protocol for an address, and checks the key."""

from __future__ import annotations

import contextlib
import ipaddress
import urllib.parse
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Final, cast

from roocode_server.engine.providers.clients import ClientPool
from roocode_server.engine.providers.openai.chat import stream_chat
from roocode_server.engine.providers.openai.failures import translated
from roocode_server.engine.providers.openai.responses import stream_responses
from roocode_server.engine.providers.provider import Endpoint, ModelEvent, ModelRequest
from roocode_server.engine.providers.streams import plain_events
from roocode_server.engine.providers.wire import (
    MODEL_CONNECT_TIMEOUT_S,
    MODEL_SILENCE_TIMEOUT_S,
    checked_key,
    unusable_address,
)
from roocode_server.models.settings import WireProtocol

if TYPE_CHECKING:
    import httpx2
    from openai import AsyncOpenAI

OFFICIAL_HOST: Final = "api.openai.com"
OFFICIAL_URL: Final = f"https://{OFFICIAL_HOST}/v1"
"""Always passed to the SDK, which would otherwise look for a URL in the environment."""


class OpenAIProvider:
    """Models behind OpenAI's protocols: OpenAI's own, and those of OpenRouter, Ollama, vLLM, llama.cpp …"""

    name: ClassVar[str] = "openai"

    def __init__(self, protocol: WireProtocol = WireProtocol.AUTO) -> None:
        self._protocol = protocol
        self._clients = ClientPool(_open, _close)

    async def stream(self, request: ModelRequest) -> AsyncIterator[ModelEvent]:
        """Stream the model's answer. Closing the iterator closes its connection.

        Raises: ProviderFailure; without a key PROVIDER_UNAVAILABLE, except for servers on this machine.
        """
        endpoint = request.endpoint
        if not _is_address(endpoint.base_url):
            raise unusable_address(self.name)
        if endpoint.api_key or not is_loopback(endpoint.base_url):
            key = checked_key(self.name, endpoint.api_key, "OPENAI_API_KEY")
            endpoint = replace(endpoint, api_key=key)
        is_official = _is_official(endpoint)
        async with self._clients.lent(endpoint) as client:
            if self._speaks_responses(is_official=is_official):
                answer = stream_responses(client, request)
            else:
                answer = stream_chat(client, request, is_official=is_official)
            closable = cast(AsyncGenerator[ModelEvent, None], answer)
            with translated(endpoint.api_key):
                async with contextlib.aclosing(closable):
                    async for piece in closable:
                        yield piece

    async def close(self) -> None:
        """Close all pooled connections."""
        await self._clients.close()

    def _speaks_responses(self, *, is_official: bool) -> bool:
        if self._protocol is WireProtocol.AUTO:
            return is_official
        return self._protocol is WireProtocol.RESPONSES


class OllamaProvider(OpenAIProvider):
    """Models of a local Ollama, through its OpenAI-compatible API. It needs no key."""

    name: ClassVar[str] = "ollama"

    def __init__(self) -> None:
        super().__init__(WireProtocol.CHAT)


def _is_address(base_url: str | None) -> bool:
    """Whether it is an http(s) URL, or None."""
    if base_url is None:
        return True
    try:
        parts = urllib.parse.urlsplit(base_url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def is_loopback(base_url: str | None) -> bool:
    """Whether a URL's host is this machine's loopback."""
    host = urllib.parse.urlsplit(base_url or "").hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _is_official(endpoint: Endpoint) -> bool:
    """Whether it is OpenAI itself: its default address, or that of one of its regions."""
    if endpoint.base_url is None:
        return True
    host = urllib.parse.urlsplit(endpoint.base_url).hostname or ""
    return host == OFFICIAL_HOST or host.endswith(f".{OFFICIAL_HOST}")


def _open(endpoint: Endpoint) -> AsyncOpenAI:
    """Create a client; called in a thread, because importing the SDK takes a second."""
    import openai

    client = openai.AsyncOpenAI(
        # The SDK insists on a key; without one, the request hook removes the header.
        api_key=endpoint.api_key or "none",
        base_url=endpoint.base_url or OFFICIAL_URL,
        max_retries=0,
        timeout=openai.Timeout(MODEL_SILENCE_TIMEOUT_S, connect=MODEL_CONNECT_TIMEOUT_S),
        http_client=openai.DefaultAsyncHttpxClient(
            # A redirect could lead from a server of the user's choice into this server's network.
            follow_redirects=False,
            event_hooks={
                "request": [] if endpoint.api_key else [_leave_out_key],
                "response": [plain_events()],
            },
        ),
    )
    if not _is_official(endpoint):
        # The SDK reads them from the environment; no server other than OpenAI's should see them.
        client.organization = client.project = None
    # Import now what the SDK imports at its first use.
    _ = client.chat.completions, client.responses
    return client


async def _leave_out_key(request: httpx2.Request) -> None:
    del request.headers["Authorization"]


async def _close(client: AsyncOpenAI) -> None:
    await client.close()
