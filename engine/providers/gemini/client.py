"""Google's library on top of an HTTP client of our own, so that responses can be closed at once.

The library reads a response through nested generators, which the event loop would only close one after the
other.
So each response is recorded when it arrives, and closed directly.
"""

from __future__ import annotations

import contextvars
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from roocode_server.engine.providers.gemini.failures import translated
from roocode_server.engine.providers.streams import plain_events
from roocode_server.engine.providers.wire import MODEL_CONNECT_TIMEOUT_S, MODEL_SILENCE_TIMEOUT_S, closing

if TYPE_CHECKING:
    import httpx2
    from google import genai
    from google.genai import types

    from roocode_server.engine.providers.gemini.thoughts import Content
    from roocode_server.engine.providers.provider import Endpoint

GEMINI_URL: Final = "https://generativelanguage.googleapis.com"
GEMINI_API_VERSION: Final = "v1beta"
"""The API version that every server supports; the library's default is another."""

IN_THE_BODY: Final = "-"
"""Passed to the library as content; the conversation replaces it in the request body."""

_noted: contextvars.ContextVar[list[httpx2.Response]] = contextvars.ContextVar("answers")


@dataclass(frozen=True, slots=True, kw_only=True)
class GeminiClient:
    """The library's client, and the HTTP client below it."""

    library: genai.Client
    http: httpx2.AsyncClient

    async def stream(
        self, model: str, contents: Sequence[Content], config: types.GenerateContentConfig, key: str
    ) -> AsyncGenerator[types.GenerateContentResponse, None]:
        """Stream an answer. Closing the iterator closes its connection. Raises: ProviderFailure."""
        from google.genai import types

        answers: list[httpx2.Response] = []
        with translated(key):
            # The conversation is already in the protocol's form, so the library need not process it.
            config.http_options = types.HttpOptions(extra_body={"contents": list(contents)})
            pieces = await self.library.aio.models.generate_content_stream(
                model=model, contents=IN_THE_BODY, config=config
            )
            async with closing(lambda: _end(pieces, answers)):
                while True:
                    # Set for this step only: the next one may run in another task.
                    token = _noted.set(answers)
                    try:
                        piece = await anext(pieces, None)
                    finally:
                        _noted.reset(token)
                    if piece is None:
                        return
                    yield piece

    async def close(self) -> None:
        """Close all connections."""
        self.library.close()
        await self.http.aclose()


def open_client(endpoint: Endpoint) -> GeminiClient:
    """Create a client with all settings explicit, so that it reads no key or address from the environment.

    It is called in a thread, because importing the library takes seconds.
    """
    import httpx2
    from google import genai

    http = httpx2.AsyncClient(
        timeout=httpx2.Timeout(MODEL_SILENCE_TIMEOUT_S, connect=MODEL_CONNECT_TIMEOUT_S),
        # A redirect could lead from a server of the user's choice into this server's network.
        follow_redirects=False,
        event_hooks={"request": [_set_limits], "response": [_note, plain_events(with_numbers=True)]},
    )
    library = genai.Client(
        vertexai=False,
        api_key=endpoint.api_key,
        http_options=genai.types.HttpOptions(
            base_url=endpoint.base_url or GEMINI_URL, api_version=GEMINI_API_VERSION, httpx_async_client=http
        ),
    )
    # Import now what the library imports at its first use.
    _ = library.aio.models
    return GeminiClient(library=library, http=http)


async def _set_limits(request: httpx2.Request) -> None:
    """Set the timeouts, of which the library sets none or a single one for everything."""
    request.extensions["timeout"] = {
        "connect": MODEL_CONNECT_TIMEOUT_S,
        "read": MODEL_SILENCE_TIMEOUT_S,
        "write": MODEL_SILENCE_TIMEOUT_S,
        "pool": MODEL_SILENCE_TIMEOUT_S,
    }


async def _note(response: httpx2.Response) -> None:
    _noted.get().append(response)


async def _end(pieces: AsyncIterator[types.GenerateContentResponse], answers: list[httpx2.Response]) -> None:
    for answer in answers:
        await answer.aclose()
    await cast("AsyncGenerator[types.GenerateContentResponse, None]", pieces).aclose()
