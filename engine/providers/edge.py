"""The edge to the models: what an answer says is made fit to be stored before anything is done with it.

Every provider's answers pass here, whatever protocol they came by. Surrogate pairs that two pieces share come
out whole; a call whose arguments nothing can store is handed on as what the model wrote, so that it is told.
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

MOST_TOKENS: Final = 2**53
"""No answer has more; a server that says so counts wrongly."""


async def fit(events: AsyncIterator[ModelEvent]) -> AsyncGenerator[ModelEvent, None]:
    """The events of an answer with nothing in them that cannot be stored."""
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
    """The arguments, or in the place of those that cannot be stored the argument `INVALID_JSON`."""
    if flaw_of(arguments) is None:
        return arguments
    try:
        return {INVALID_JSON: json.dumps(arguments)}
    except RecursionError:
        return {INVALID_JSON: "{…}"}


def _left(said: TextPieces, thought: TextPieces) -> list[ModelEvent]:
    """What stands for halves whose other half has never come."""
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
    return min(max(0, count), MOST_TOKENS)
