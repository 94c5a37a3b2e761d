"""Streaming of an answer over OpenAI's SDK, in either protocol."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import orjson

from roocode_server.engine.providers.provider import ModelEvent
from roocode_server.engine.providers.wire import closing

if TYPE_CHECKING:
    from openai import AsyncOpenAI, AsyncStream

Piece = TypeVar("Piece")
Taken = TypeVar("Taken", contravariant=True)


class AnswerReading(Protocol[Taken]):
    """The state of reading an answer from the protocol's pieces."""

    def take(self, piece: Taken, /) -> Iterator[ModelEvent]:
        """Return the events that a piece completes. Raises: ProviderFailure."""
        ...

    def end(self) -> Iterator[ModelEvent]:
        """Return the events that follow the end of the stream. Raises: ProviderFailure."""
        ...


async def stream_answer(
    client: AsyncOpenAI,
    path: str,
    body: dict[str, Any],
    reading: AnswerReading[Piece],
    *,
    answer: type,
    stream: type[AsyncStream[Piece]],
) -> AsyncIterator[ModelEvent]:
    """Post a request and yield the events of its answer.

    `answer` is the SDK's type of a whole answer. The body is already in the protocol's form, so the SDK need
    not process it. Raises: ProviderFailure; what the SDK raises.
    """
    pieces = await client.post(
        path,
        content=orjson.dumps(body),
        cast_to=answer,
        options={"security": {"bearer_auth": True}},
        stream=True,
        stream_cls=stream,
    )
    async with closing(pieces.close):
        async for piece in pieces:
            for event in reading.take(piece):
                yield event
    for event in reading.end():
        yield event
