"""Helpers for tests that ask a provider over the network."""

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
    """Return a turn with what a person said."""
    return Turn(role=TurnRole.USER, text=text, images=list(images))


async def collect(provider: Provider, request: ModelRequest) -> list[ModelEvent]:
    """Return the whole answer."""
    stream = cast(AsyncGenerator[ModelEvent, None], provider.stream(request))
    async with contextlib.aclosing(stream):
        return [event async for event in stream]


async def failure(provider: Provider, request: ModelRequest) -> ProviderFailure:
    """Return the failure of the answer; an answer without one fails the test."""
    try:
        events = await collect(provider, request)
    except ProviderFailure as failed:
        return failed
    raise AssertionError(f"answered with {events}")


def only(events: Sequence[ModelEvent], kind: type[AnyEvent]) -> list[AnyEvent]:
    """Return the events of one kind."""
    return [event for event in events if isinstance(event, kind)]


def text_of(events: Sequence[ModelEvent]) -> str:
    return "".join(event.text for event in only(events, TextDelta))


def reasoning_of(events: Sequence[ModelEvent]) -> str:
    return "".join(event.text for event in only(events, ReasoningDelta))


def written(events: Sequence[ModelEvent], call_id: str) -> str:
    """Join the pieces of a call's arguments."""
    return "".join(event.arguments for event in only(events, CallDelta) if event.call_id == call_id)
