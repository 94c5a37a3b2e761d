"""Responses: OpenAI's protocol for reasoning models. Source: OpenAI's API reference, "Responses".

Nothing is stored at OpenAI (`store` is false): the model's reasoning is returned encrypted and is sent back
with the conversation.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Any, Final

from roocode_server.engine.providers.openai.calls import PartialCalls
from roocode_server.engine.providers.openai.failures import failure_of_code
from roocode_server.engine.providers.openai.responses_turns import (
    OPENAI_RESPONSES,
    items_of,
    kept_items,
    tools_of,
)
from roocode_server.engine.providers.openai.streaming import stream_answer
from roocode_server.engine.providers.provider import (
    Continuation,
    ModelEvent,
    ModelRequest,
    ReasoningDelta,
    Stopped,
    TextDelta,
    Usage,
)
from roocode_server.engine.providers.wire import broken

if TYPE_CHECKING:
    from openai import AsyncOpenAI
    from openai.types.responses import Response, ResponseOutputItem, ResponseStreamEvent, ResponseUsage

REASONING_MODEL: Final = re.compile(r"(?:.*/)?(?:o\d|codex|gpt-(?:[5-9]|\d\d)(?!.*chat))")
"""The names of reasoning models; others refuse requests for reasoning."""


def stream_responses(client: AsyncOpenAI, request: ModelRequest) -> AsyncIterator[ModelEvent]:
    """Stream the answer. Raises: ProviderFailure; what the SDK raises."""
    from openai import AsyncStream
    from openai.types.responses import Response, ResponseStreamEvent

    return stream_answer(
        client,
        "/responses",
        _body(request),
        _ResponseReading(request),
        answer=Response,
        stream=AsyncStream[ResponseStreamEvent],
    )


def _body(request: ModelRequest) -> dict[str, Any]:
    """Return the request body; reasoning summaries are only requested with an effort, as some accounts may
    not see them.
    """
    reasons = REASONING_MODEL.match(request.model) is not None
    optional = {
        "instructions": request.system or None,
        "tools": tools_of(request.tools) or None,
        "max_output_tokens": request.max_tokens,
        "temperature": request.temperature,
        "reasoning": {"effort": request.effort, "summary": "auto"} if request.effort else None,
        "include": ["reasoning.encrypted_content"] if reasons or request.effort else None,
    }
    return {
        "model": request.model,
        "input": items_of(request),
        "store": False,
        "stream": True,
        **{name: content for name, content in optional.items() if content is not None},
    }


class _ResponseReading:
    """The state of reading an answer."""

    def __init__(self, request: ModelRequest) -> None:
        self._model = request.model
        self._calls = PartialCalls(request.turns)
        self._items: list[dict[str, Any]] = []
        self._refused = False
        self._thought = False
        self._response: Response | None = None

    def take(self, event: ResponseStreamEvent) -> Iterator[ModelEvent]:
        """Return what an event says. Raises: ProviderFailure, if it reports a failure."""
        match event.type:
            case "response.output_text.delta":
                yield TextDelta(text=event.delta)
            case "response.refusal.delta":
                self._refused = True
                yield TextDelta(text=event.delta)
            case "response.reasoning_summary_text.delta" | "response.reasoning_text.delta":
                self._thought = True
                yield ReasoningDelta(text=event.delta)
            case "response.reasoning_summary_part.added" if self._thought:
                yield ReasoningDelta(text="\n\n")
            case "response.output_item.added" if event.item.type == "function_call":
                yield self._calls.begin(str(event.output_index), event.item.call_id, event.item.name)
            case "response.function_call_arguments.delta":
                piece = self._calls.go_on(str(event.output_index), event.delta)
                if piece is not None:
                    yield piece
            case "response.output_item.done":
                self._finish(event.item, str(event.output_index))
            case "response.completed" | "response.incomplete":
                self._response = event.response
            case "response.failed":
                raise _failure(event.response)
            case "error":
                raise failure_of_code(event.code, event.message)

    def end(self) -> Iterator[ModelEvent]:
        """Return the events that follow the end of the stream.

        Raises: ProviderFailure, if the answer is incomplete.
        """
        if self._response is None:
            raise broken("the answer ended before it was finished")
        reason = self._reason(self._response)
        yield from self._calls.requested(is_cut=reason == "max_tokens")
        kept = kept_items(self._items) if reason in ("end", "calls") else []
        if kept:
            yield Continuation(provider=OPENAI_RESPONSES, content={"model": self._model, "items": kept})
        if self._response.usage is not None:
            yield usage_of(self._response.usage)
        yield Stopped(reason=reason)

    def _finish(self, item: ResponseOutputItem, key: str) -> None:
        """Handle a complete item of the answer."""
        if item.type == "function_call":
            self._calls.finish(key, item.arguments)
            call_id = self._calls.id_of(key)
            self._items.append(
                {
                    "type": "function_call",
                    "call_id": call_id,
                    "name": item.name,
                    "arguments": item.arguments,
                }
            )
        elif item.type == "message":
            text = "".join(part.text for part in item.content if part.type == "output_text")
            self._items.append({"role": "assistant", "content": text, "type": "message"})
        elif item.type == "reasoning":
            self._items.append(item.model_dump(mode="json"))

    def _reason(self, response: Response) -> str:
        cut = response.incomplete_details.reason if response.incomplete_details else None
        if self._refused or cut == "content_filter":
            return "refusal"
        if cut is not None:
            return "max_tokens"
        return "calls" if self._calls else "end"


def usage_of(usage: ResponseUsage) -> Usage:
    """Return the token counts."""
    details = usage.input_tokens_details
    return Usage(
        tokens_in=usage.input_tokens or 0,
        tokens_out=usage.output_tokens or 0,
        cache_reads=(details.cached_tokens or 0) if details else 0,
        cache_writes=(getattr(details, "cache_write_tokens", None) or 0) if details else 0,
    )


def _failure(response: Response) -> Exception:
    if response.error is None:
        return failure_of_code(None, "it gives no reason")
    return failure_of_code(response.error.code, response.error.message)
