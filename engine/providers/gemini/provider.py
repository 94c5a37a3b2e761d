"""Queries Gemini models with Google's own library."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import ClassVar

from roocode_server.engine.providers.clients import ClientPool
from roocode_server.engine.providers.gemini.answer import GeminiAnswer
from roocode_server.engine.providers.gemini.client import GeminiClient, open_client
from roocode_server.engine.providers.gemini.request import checked_model, config, contents
from roocode_server.engine.providers.gemini.thoughts import GEMINI
from roocode_server.engine.providers.provider import ModelEvent, ModelRequest
from roocode_server.engine.providers.wire import broken, checked_key


class GeminiProvider:
    """Models behind the Gemini API."""

    name: ClassVar[str] = GEMINI

    def __init__(self) -> None:
        self._clients = ClientPool(open_client, GeminiClient.close)

    async def stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent, None]:
        """Stream the model's answer. Closing the iterator closes its connection. Raises: ProviderFailure."""
        key = checked_key(self.name, request.endpoint.api_key, "GEMINI_API_KEY", "GOOGLE_API_KEY")
        model = checked_model(request.model)
        async with self._clients.lent(replace(request.endpoint, api_key=key)) as client:
            answer = GeminiAnswer(request.model)
            pieces = client.stream(model, [*contents(request)], config(request), key)
            async with contextlib.aclosing(pieces):
                async for piece in pieces:
                    for event in answer.take(piece):
                        yield event
            if not answer.is_complete:
                raise broken("it ended in the middle of the answer")
            for event in answer.end():
                yield event

    async def close(self) -> None:
        """Close all pooled connections."""
        await self._clients.close()
