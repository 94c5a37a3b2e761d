"""Reads the events of Anthropic's stream. Source: Anthropic, "Streaming messages"."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from roocode_server.engine.providers.anthropic.thoughts import AnthropicLayout
from roocode_server.engine.providers.provider import (
    CallDelta,
    CallRequested,
    ModelEvent,
    ReasoningDelta,
    Stopped,
    TextDelta,
    Usage,
)
from roocode_server.engine.providers.wire import parse_arguments

if TYPE_CHECKING:
    from anthropic import types

ANTHROPIC_STOP_REASONS: Final = {
    "tool_use": "calls",
    "max_tokens": "max_tokens",
    "model_context_window_exceeded": "max_tokens",
    "refusal": "refusal",
}
"""The meaning of stop reasons; any other means `end`."""


class AnthropicAnswer:
    """One answer as it is streamed, block by block."""

    def __init__(self, model: str) -> None:
        self._layout = AnthropicLayout(model)
        self._block: types.ContentBlock | None = None
        self._pieces: list[str] = []
        self._signature = ""
        self._usage = Usage(tokens_in=0, tokens_out=0)
        self._reason: str | None = None

    @property
    def is_complete(self) -> bool:
        """Whether the model has given its stop reason; not all servers send the event after that."""
        return self._reason is not None

    def take(self, event: types.RawMessageStreamEvent) -> Iterator[ModelEvent]:
        """Return what the next event of the stream says."""
        match event.type:
            case "message_start":
                yield self._used(event.message.usage)
            case "content_block_start":
                yield from self._begin(event.content_block)
            case "content_block_delta":
                yield from self._add(event.delta)
            case "content_block_stop":
                yield from self._end_block()
            case "message_delta":
                self._reason = event.delta.stop_reason or self._reason
                yield self._used(event.usage)

    def end(self) -> Iterator[ModelEvent]:
        """Return the events that follow the end of the stream."""
        continuation = self._layout.continuation
        if continuation is not None:
            yield continuation
        yield Stopped(reason=ANTHROPIC_STOP_REASONS.get(self._reason or "", "end"))

    def _begin(self, block: types.ContentBlock) -> Iterator[ModelEvent]:
        self._block, self._pieces, self._signature = block, [], ""
        match block.type:
            case "text":
                yield from self._said(block.text)
            case "thinking":
                self._signature = block.signature
                yield from self._thought(block.thinking)
            case "tool_use":
                yield CallDelta(call_id=block.id, tool_name=block.name, arguments="")

    def _add(self, delta: types.RawContentBlockDelta) -> Iterator[ModelEvent]:
        match delta.type:
            case "text_delta":
                yield from self._said(delta.text)
            case "thinking_delta":
                yield from self._thought(delta.thinking)
            case "signature_delta":
                self._signature += delta.signature
            case "input_json_delta":
                if self._block is not None and self._block.type == "tool_use" and delta.partial_json:
                    self._pieces.append(delta.partial_json)
                    call_id, name = self._block.id, self._block.name
                    yield CallDelta(call_id=call_id, tool_name=name, arguments=delta.partial_json)

    def _end_block(self) -> Iterator[ModelEvent]:
        block, written = self._block, "".join(self._pieces)
        self._block = None
        if block is None:
            return
        match block.type:
            case "text":
                self._layout.text(written)
            case "thinking":
                self._layout.thought(written, self._signature)
            case "redacted_thinking":
                self._layout.hidden_thought(block.data)
            case "tool_use":
                self._layout.call()
                arguments = parse_arguments(written) if written else dict(block.input or {})
                yield CallRequested(call_id=block.id, tool_name=block.name, arguments=arguments)

    def _said(self, text: str) -> Iterator[ModelEvent]:
        if text:
            self._pieces.append(text)
            yield TextDelta(text=text)

    def _thought(self, text: str) -> Iterator[ModelEvent]:
        if text:
            self._pieces.append(text)
            yield ReasoningDelta(text=text)

    def _used(self, said: types.Usage | types.MessageDeltaUsage) -> Usage:
        """Return the token counts so far; counts missing from an event are unchanged."""
        before = self._usage
        reads = _or(said.cache_read_input_tokens, before.cache_reads)
        writes = _or(said.cache_creation_input_tokens, before.cache_writes)
        plain = _or(said.input_tokens, before.tokens_in - before.cache_reads - before.cache_writes)
        self._usage = Usage(
            tokens_in=plain + reads + writes,
            tokens_out=_or(said.output_tokens, before.tokens_out),
            cache_reads=reads,
            cache_writes=writes,
        )
        return self._usage


def _or(count: int | None, before: int) -> int:
    return before if count is None else count
