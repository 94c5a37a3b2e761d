"""Chat Completions: OpenAI's protocol, which most other servers also speak.

Source: OpenAI's API reference, "Chat"; for what others add: `reasoning_content` (DeepSeek, vLLM, llama.cpp),
`reasoning` (Ollama, OpenRouter), `usage.cost` (OpenRouter).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from roocode_server.engine.providers.openai.calls import PartialCalls
from roocode_server.engine.providers.openai.chat_turns import OPENAI_CHAT, messages_of, tools_of
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
from roocode_server.engine.providers.wire import broken, failure_of_status

if TYPE_CHECKING:
    from openai import AsyncOpenAI
    from openai.types import CompletionUsage
    from openai.types.chat import ChatCompletionChunk
    from openai.types.chat.chat_completion_chunk import Choice, ChoiceDeltaToolCall

CHAT_FINISH_REASONS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("length", "max_tokens", "model_length", "MAX_TOKENS"), "max_tokens"),
    **dict.fromkeys(
        ("content_filter", "content-filter", "refusal", "safety", "SAFETY", "sensitive", "recitation"),
        "refusal",
    ),
}
"""Finish reasons of various servers for answers that were cut off or withheld; any other means `end`."""
CHAT_FINISH_FAILURES: Final = frozenset({"error", "insufficient_system_resource"})
"""Finish reasons that mean that the server failed. Source: OpenRouter, DeepSeek."""
REASONING_KEYS: Final = ("reasoning_content", "reasoning")


def stream_chat(
    client: AsyncOpenAI, request: ModelRequest, *, is_official: bool
) -> AsyncIterator[ModelEvent]:
    """Stream the answer. Raises: ProviderFailure; what the SDK raises."""
    from openai import AsyncStream
    from openai.types.chat import ChatCompletion, ChatCompletionChunk

    return stream_answer(
        client,
        "/chat/completions",
        _body(request, is_official=is_official),
        _ChatReading(request),
        answer=ChatCompletion,
        stream=AsyncStream[ChatCompletionChunk],
    )


def _body(request: ModelRequest, *, is_official: bool) -> dict[str, Any]:
    """Return the request body. OpenAI's reasoning models refuse `max_tokens`, which others require."""
    length = "max_completion_tokens" if is_official else "max_tokens"
    optional = {
        "tools": tools_of(request.tools) or None,
        length: request.max_tokens,
        "temperature": request.temperature,
        "reasoning_effort": request.effort,
    }
    return {
        "model": request.model,
        "messages": messages_of(request),
        "stream": True,
        "stream_options": {"include_usage": True},
        **{name: content for name, content in optional.items() if content is not None},
    }


class _ChatReading:
    """The state of reading an answer. Servers differ widely, so every field may be missing."""

    def __init__(self, request: ModelRequest) -> None:
        self._model = request.model
        self._thoughts = _Thoughts()
        self._calls = PartialCalls(request.turns)
        self._newest = ""
        self._ids: dict[str, str] = {}
        self._finish: str | None = None
        self._refused = False

    def take(self, chunk: ChatCompletionChunk) -> Iterator[ModelEvent]:
        for choice in chunk.choices or ():
            yield from self._take_choice(choice)
        if chunk.usage is not None:
            yield usage_of(chunk.usage)

    def end(self) -> Iterator[ModelEvent]:
        """Return the events that follow the end of the stream.

        Raises: ProviderFailure, if the answer is incomplete.
        """
        if self._finish is None:
            raise broken("the answer ended before it was finished")
        if self._finish in CHAT_FINISH_FAILURES:
            raise failure_of_status(503, "the answer ended with an error")
        yield from self._calls.requested(is_cut=CHAT_FINISH_REASONS.get(self._finish) == "max_tokens")
        thoughts = self._thoughts.content
        if thoughts and self._calls:
            yield Continuation(provider=OPENAI_CHAT, content={"model": self._model, **thoughts})
        yield Stopped(reason=self._reason())

    def _take_choice(self, choice: Choice) -> Iterator[ModelEvent]:
        delta = choice.delta
        if delta is not None:
            self._thoughts.take(delta.model_extra or {})
            thought = _extra(delta.model_extra, REASONING_KEYS)
            if thought:
                yield ReasoningDelta(text=thought)
            if delta.content:
                yield TextDelta(text=delta.content)
            if delta.refusal:
                self._refused = True
                yield TextDelta(text=delta.refusal)
            for call in delta.tool_calls or ():
                yield from self._take_call(call)
        self._finish = choice.finish_reason or self._finish

    def _take_call(self, piece: ChoiceDeltaToolCall) -> Iterator[ModelEvent]:
        """Handle a piece of a call. It belongs to the call of its index, but a new id begins a new call.

        If a server gives no ids, a name begins a new call once the arguments of the previous one are
        complete.
        """
        key = self._newest if piece.index is None else str(piece.index)
        written = piece.function
        name = (written.name if written else None) or ""
        if piece.id:
            is_new = self._ids.get(key) != piece.id
        else:
            is_new = bool(name) and (key not in self._ids or self._calls.is_whole(key))
        if is_new:
            key = key or "0"
            self._ids[key] = piece.id or ""
            yield self._calls.begin(key, piece.id, name)
        self._newest = key
        if written is not None and written.arguments:
            delta = self._calls.go_on(key, written.arguments)
            if delta is not None:
                yield delta

    def _reason(self) -> str:
        if self._refused:
            return "refusal"
        return CHAT_FINISH_REASONS.get(self._finish or "", "calls" if self._calls else "end")


class _Thoughts:
    """The reasoning of an answer that has to be sent back, under the field names with which it came."""

    def __init__(self) -> None:
        self._text: list[str] = []
        self._details: dict[Any, dict[str, Any]] = {}

    def take(self, delta: Mapping[str, Any]) -> None:
        """Add the next piece of the answer; details with the same index are joined. Source: OpenRouter."""
        text, details = delta.get("reasoning_content"), delta.get("reasoning_details")
        if isinstance(text, str):
            self._text.append(text)
        for detail in details if isinstance(details, list) else ():
            if isinstance(detail, dict):
                key = (detail.get("index", len(self._details)), detail.get("type"))
                self._details[key] = _joined(self._details.get(key, {}), detail)

    @property
    def content(self) -> dict[str, Any]:
        given: dict[str, Any] = {"reasoning_content": "".join(self._text)} if self._text else {}
        return {**given, "reasoning_details": list(self._details.values())} if self._details else given


def _joined(before: Mapping[str, Any], piece: Mapping[str, Any]) -> dict[str, Any]:
    joined = {**before, **{name: content for name, content in piece.items() if content is not None}}
    for name in ("text", "summary"):
        if isinstance(before.get(name), str) and isinstance(piece.get(name), str):
            joined[name] = before[name] + piece[name]
    return joined


def usage_of(usage: CompletionUsage) -> Usage:
    """Return the token counts and, if the server reports it, the cost."""
    details = usage.prompt_tokens_details
    cost = (usage.model_extra or {}).get("cost")
    return Usage(
        tokens_in=usage.prompt_tokens or 0,
        tokens_out=usage.completion_tokens or 0,
        cache_reads=(details.cached_tokens or 0) if details else 0,
        cache_writes=(getattr(details, "cache_write_tokens", None) or 0) if details else 0,
        cost=float(cost) if isinstance(cost, int | float) else None,
    )


def _extra(content: Mapping[str, Any] | None, names: tuple[str, ...]) -> str:
    """Return the first non-empty text among these fields, which the SDK does not know."""
    found = ((content or {}).get(name) for name in names)
    return next((text for text in found if isinstance(text, str) and text), "")
