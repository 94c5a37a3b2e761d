"""Google's library on an HTTP client of ours, whose answers can be closed at once.

The library reads an answer through several generators within each other, which would be closed one after
another, when the event loop comes to it. So the answer itself is noted as it comes in, and closed.
"""

from __future__ import annotations

import contextvars
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from roocode_server.engine.providers.gemini.failures import translated
from roocode_server.engine.providers.streams import plain_events
from roocode_server.engine.providers.wire import CONNECTING_S, LONGEST_PAUSE_S, closing

if TYPE_CHECKING:
    import httpx2
    from google import genai
    from google.genai import types

    from roocode_server.engine.providers.gemini.thoughts import Content
    from roocode_server.engine.providers.provider import Endpoint

BASE_URL: Final = "https://generativelanguage.googleapis.com"
API_VERSION: Final = "v1beta"
"""Every server of the protocol has it; the library would take another."""

IN_THE_BODY: Final = "-"
"""What the library is told to ask; the conversation takes its place in the request."""

_noted: contextvars.ContextVar[list[httpx2.Response]] = contextvars.ContextVar("answers")


@dataclass(frozen=True, slots=True, kw_only=True)
class GeminiClient:
    """The library's client, and the HTTP client beneath it."""

    library: genai.Client
    http: httpx2.AsyncClient

    async def stream(
        self, model: str, contents: Sequence[Content], config: types.GenerateContentConfig, key: str
    ) -> AsyncGenerator[types.GenerateContentResponse, None]:
        """The pieces of an answer. Closing the iterator closes its connection. Raises: ProviderFailure."""
        from google.genai import types

        answers: list[httpx2.Response] = []
        with translated(key):
            # The conversation is in the protocol's words already: the library does not go over it.
            config.http_options = types.HttpOptions(extra_body={"contents": list(contents)})
            pieces = await self.library.aio.models.generate_content_stream(
                model=model, contents=IN_THE_BODY, config=config
            )
            async with closing(lambda: _end(pieces, answers)):
                while True:
                    # Set for this step alone: the next may be taken by another task.
                    token = _noted.set(answers)
                    try:
                        piece = await anext(pieces, None)
                    finally:
                        _noted.reset(token)
                    if piece is None:
                        return
                    yield piece

    async def close(self) -> None:
        """Close every connection."""
        self.library.close()
        await self.http.aclose()


def open_client(endpoint: Endpoint) -> GeminiClient:
    """A client that is told everything, so that it takes neither key nor address from the environment.

    It runs in a thread, because the library takes seconds to import.
    """
    import httpx2
    from google import genai

    http = httpx2.AsyncClient(
        timeout=httpx2.Timeout(LONGEST_PAUSE_S, connect=CONNECTING_S),
        # A redirect could lead from a server of the caller's choice into the network around this one.
        follow_redirects=False,
        event_hooks={"request": [_set_limits], "response": [_note, plain_events(with_numbers=True)]},
    )
    library = genai.Client(
        vertexai=False,
        api_key=endpoint.api_key,
        http_options=genai.types.HttpOptions(
            base_url=endpoint.base_url or BASE_URL, api_version=API_VERSION, httpx_async_client=http
        ),
    )
    # It imports a good deal at its first use.
    _ = library.aio.models
    return GeminiClient(library=library, http=http)


async def _set_limits(request: httpx2.Request) -> None:
    """The library sets none, or one for everything."""
    request.extensions["timeout"] = {
        "connect": CONNECTING_S,
        "read": LONGEST_PAUSE_S,
        "write": LONGEST_PAUSE_S,
        "pool": LONGEST_PAUSE_S,
    }


async def _note(response: httpx2.Response) -> None:
    _noted.get().append(response)


async def _end(pieces: AsyncIterator[types.GenerateContentResponse], answers: list[httpx2.Response]) -> None:
    for answer in answers:
        await answer.aclose()
    await cast("AsyncGenerator[types.GenerateContentResponse, None]", pieces).aclose()
