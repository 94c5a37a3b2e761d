"""Keeps the thinking blocks of an answer in its turn, and restores the answer's blocks from it.

A signed thinking block is only accepted in its original place, so the order of all blocks is kept: thinking
blocks as they were, texts by their length in the turn's text, calls by their index.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from roocode_server.engine.providers.continuations import layout_kept_by
from roocode_server.engine.providers.normalisation import AnsweredCall, AssistantMessage
from roocode_server.engine.providers.provider import Continuation

if TYPE_CHECKING:
    from anthropic.types import (
        ImageBlockParam,
        RedactedThinkingBlockParam,
        TextBlockParam,
        ThinkingBlockParam,
        ToolResultBlockParam,
        ToolUseBlockParam,
    )

    Block = (
        TextBlockParam
        | ImageBlockParam
        | ThinkingBlockParam
        | RedactedThinkingBlockParam
        | ToolUseBlockParam
        | ToolResultBlockParam
    )

ANTHROPIC: Final = "anthropic"
THOUGHTS: Final = ("thinking", "redacted_thinking")


class AnthropicLayout:
    """Records the order of an answer's blocks while it is streamed."""

    def __init__(self, model: str) -> None:
        self._model = model
        self._blocks: list[dict[str, Any]] = []
        self._calls = 0

    def thought(self, text: str, signature: str) -> None:
        """Record a thinking block."""
        self._blocks.append({"type": "thinking", "thinking": text, "signature": signature})

    def hidden_thought(self, data: str) -> None:
        """Record an encrypted thinking block."""
        self._blocks.append({"type": "redacted_thinking", "data": data})

    def text(self, text: str) -> None:
        """Record a text block."""
        self._blocks.append({"type": "text", "length": len(text)})

    def call(self) -> None:
        """Record a call."""
        self._blocks.append({"type": "call", "number": self._calls})
        self._calls += 1

    @property
    def continuation(self) -> Continuation | None:
        """What the turn has to keep; None if there was no thinking."""
        if not any(block["type"] in THOUGHTS for block in self._blocks):
            return None
        return Continuation(provider=ANTHROPIC, content={"model": self._model, "blocks": self._blocks})


def blocks_of(replied: AssistantMessage, model: str) -> Sequence[Block]:
    """Return an answer as blocks, with its thinking blocks if they are this very model's."""
    layout = layout_kept_by(ANTHROPIC, model, replied, "blocks")
    if layout is None:
        said = [_text(replied.turn.text)] if replied.turn.text.strip() else []
        return [*said, *(_call(call) for call in replied.calls)]
    return list(_laid_out(layout, replied))


def has_thoughts(blocks: Sequence[Block]) -> bool:
    """Whether an answer begins with a thinking block."""
    return bool(blocks) and blocks[0]["type"] in THOUGHTS


def _laid_out(layout: Sequence[Mapping[str, Any]], replied: AssistantMessage) -> Iterator[Block]:
    start = 0
    for block in layout:
        match block["type"]:
            case "thinking":
                yield {"type": "thinking", "thinking": block["thinking"], "signature": block["signature"]}
            case "redacted_thinking":
                yield {"type": "redacted_thinking", "data": block["data"]}
            case "text":
                text = replied.turn.text[start : start + block["length"]]
                start += block["length"]
                if text.strip():
                    yield _text(text)
            case "call":
                yield _call(replied.calls[block["number"]])


def _text(text: str) -> TextBlockParam:
    return {"type": "text", "text": text}


def _call(answered: AnsweredCall) -> ToolUseBlockParam:
    return {
        "type": "tool_use",
        "id": answered.wire_id,
        "name": answered.tool_name,
        "input": answered.call.arguments,
    }
