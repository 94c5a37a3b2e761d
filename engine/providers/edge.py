"""Makes the events of every provider's answers fit to be stored.

Surrogate pairs split between two pieces are joined. A call whose arguments cannot be stored is passed on with
the model's own text instead, so that the model can be told.
"""

from __future__ import annotations

import json
import math
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from dataclasses import replace
from typing import Any, Final

from roocode_server.engine.providers.provider import (
    CallDelta,
    CallRequested,
    Continuation,
    ModelEvent,
    ReasoningDelta,
    Stopped,
    TextDelta,
    Usage,
)
from roocode_server.engine.providers.wire import INVALID_JSON
from roocode_server.models.cleaning import TextPieces, cleaned, cleaned_text, flaw_of

LARGEST_TOKEN_COUNT: Final = 2**53
"""More tokens than any answer has; a server that reports more counts wrongly."""


async def fit(events: AsyncIterator[ModelEvent]) -> AsyncGenerator[ModelEvent, None]:
    """Yield the events of an answer, with everything in them fit to be stored."""
    said, thought = TextPieces(), TextPieces()
    written: dict[tuple[str, str], TextPieces] = {}
    async for event in events:
        match event:
            case TextDelta():
                if text := said.add(event.text):
                    yield TextDelta(text=text)
            case ReasoningDelta():
                if text := thought.add(event.text):
                    yield ReasoningDelta(text=text)
            case CallDelta():
                pieces = written.setdefault((event.call_id, event.tool_name), TextPieces())
                yield CallDelta(
                    call_id=cleaned_text(event.call_id),
                    tool_name=cleaned_text(event.tool_name),
                    arguments=pieces.add(event.arguments),
                )
            case CallRequested():
                yield CallRequested(
                    call_id=cleaned_text(event.call_id),
                    tool_name=cleaned_text(event.tool_name),
                    arguments=usable(event.arguments),
                )
            case Usage():
                yield _counted(event)
            case Continuation():
                yield replace(event, content=cleaned(event.content))
            case Stopped():
                for left in _left(said, thought):
                    yield left
                yield event


def usable(arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the arguments or, if they cannot be stored, the single argument `INVALID_JSON`."""
    if flaw_of(arguments) is None:
        return arguments
    try:
        return {INVALID_JSON: json.dumps(arguments)}
    except RecursionError:
        return {INVALID_JSON: "{…}"}


def _left(said: TextPieces, thought: TextPieces) -> list[ModelEvent]:
    """Return replacements for surrogates whose other half never came."""
    left: list[ModelEvent] = []
    if text := thought.end():
        left.append(ReasoningDelta(text=text))
    if text := said.end():
        left.append(TextDelta(text=text))
    return left


def _counted(usage: Usage) -> Usage:
    cost = usage.cost
    return Usage(
        tokens_in=_tokens(usage.tokens_in),
        tokens_out=_tokens(usage.tokens_out),
        cache_reads=_tokens(usage.cache_reads),
        cache_writes=_tokens(usage.cache_writes),
        cost=cost if cost is not None and math.isfinite(cost) and cost >= 0 else None,
    )


def _tokens(count: int) -> int:
    return min(max(0, count), LARGEST_TOKEN_COUNT)
