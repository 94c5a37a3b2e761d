"""Helpers for asking a language model in tests."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, Sequence
from typing import Any, Protocol

from roocode_server.engine.providers.provider import (
    CallDelta,
    CallRequested,
    Continuation,
    Endpoint,
    ModelEvent,
    ModelRequest,
    ReasoningDelta,
    Stopped,
    TextDelta,
    Usage,
)
from roocode_server.models.conversation import ToolCall, Turn, TurnRole
from roocode_server.models.identifier import CallId
from roocode_server.models.tool import ToolDescription, ToolGroup

PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGBgAAAABQABh6FO1AAAAABJRU5E"
    "rkJggg=="
)
READ_FILE = ToolDescription(
    name="read_file",
    description="Read a file.",
    group=ToolGroup.READ,
    parameters={},
    input_schema={"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]},
)


class Asked(Protocol):
    """A provider with connections of its own."""

    def stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent, None]: ...
    async def close(self) -> None: ...


class Reply:
    """Return all events of an answer, by kind."""

    def __init__(self, events: Sequence[ModelEvent]) -> None:
        self.events = events
        self.texts = [event.text for event in events if isinstance(event, TextDelta)]
        self.reasoning = "".join(event.text for event in events if isinstance(event, ReasoningDelta))
        self.calls = [event for event in events if isinstance(event, CallRequested)]
        self.usage = next((event for event in reversed(events) if isinstance(event, Usage)), None)
        self.continuation = next((event for event in events if isinstance(event, Continuation)), None)

    @property
    def text(self) -> str:
        return "".join(self.texts)

    @property
    def stopped(self) -> str:
        last = self.events[-1]
        assert isinstance(last, Stopped)
        return last.reason

    def written(self, call_id: str) -> str:
        """The arguments of a call from their pieces."""
        pieces = [event for event in self.events if isinstance(event, CallDelta)]
        return "".join(piece.arguments for piece in pieces if piece.call_id == call_id)

    @property
    def turn(self) -> Turn:
        """Return what the conversation stores of an answer."""
        kept = self.continuation
        return Turn(
            role=TurnRole.ASSISTANT,
            text=self.text,
            reasoning=self.reasoning,
            calls=[asked(call.call_id, call.tool_name, dict(call.arguments)) for call in self.calls],
            continuation={"provider": kept.provider, "content": dict(kept.content)} if kept else None,
        )


async def ask(provider: Asked, request: ModelRequest) -> Reply:
    async with contextlib.aclosing(provider.stream(request)) as events:
        return Reply([event async for event in events])


def question(
    *turns: Turn | str, model: str, url: str, key: str | None = "a-key", **parts: Any
) -> ModelRequest:
    """Return a request; plain texts become turns of a person."""
    said = [Turn(role=TurnRole.USER, text=turn) if isinstance(turn, str) else turn for turn in turns]
    parts = {"system": "Be brief.", "tools": [READ_FILE], **parts}
    return ModelRequest(model=model, turns=said, endpoint=Endpoint(base_url=url, api_key=key), **parts)


def asked(call_id: str, tool_name: str = "read_file", arguments: dict[str, Any] | None = None) -> ToolCall:
    return ToolCall(id=CallId(call_id), tool_name=tool_name, arguments=arguments or {})


def reply(text: str = "", *calls: ToolCall, **parts: Any) -> Turn:
    return Turn(role=TurnRole.ASSISTANT, text=text, calls=list(calls), **parts)


def result(call_id: str, text: str, **parts: Any) -> Turn:
    return Turn(role=TurnRole.TOOL, call_id=CallId(call_id), text=text, **parts)
