"""Words for tests that ask a provider over the network."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, Sequence
from typing import TypeVar, cast

from roocode_server.engine.providers.provider import (
    CallDelta,
    ModelEvent,
    ModelRequest,
    Provider,
    ProviderFailure,
    ReasoningDelta,
    TextDelta,
)
from roocode_server.models.conversation import Turn, TurnRole

AnyEvent = TypeVar("AnyEvent", bound=ModelEvent)


def said(text: str, *images: str) -> Turn:
    """What a person said."""
    return Turn(role=TurnRole.USER, text=text, images=list(images))


async def collect(provider: Provider, request: ModelRequest) -> list[ModelEvent]:
    """The whole answer."""
    stream = cast(AsyncGenerator[ModelEvent, None], provider.stream(request))
    async with contextlib.aclosing(stream):
        return [event async for event in stream]


async def failure(provider: Provider, request: ModelRequest) -> ProviderFailure:
    """How the answer fails; a test where it does not is wrong."""
    try:
        events = await collect(provider, request)
    except ProviderFailure as failed:
        return failed
    raise AssertionError(f"answered with {events}")


def only(events: Sequence[ModelEvent], kind: type[AnyEvent]) -> list[AnyEvent]:
    """The events of one kind."""
    return [event for event in events if isinstance(event, kind)]


def text_of(events: Sequence[ModelEvent]) -> str:
    return "".join(event.text for event in only(events, TextDelta))


def reasoning_of(events: Sequence[ModelEvent]) -> str:
    return "".join(event.text for event in only(events, ReasoningDelta))


def written(events: Sequence[ModelEvent], call_id: str) -> str:
    """The arguments of a call as its pieces tell them."""
    return "".join(event.arguments for event in only(events, CallDelta) if event.call_id == call_id)
