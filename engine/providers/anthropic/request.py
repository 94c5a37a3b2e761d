"""Builds requests for Anthropic's Messages protocol. Source: Anthropic, "Messages"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from roocode_server.engine.providers.anthropic.thinking import EFFORTS, Thinking, budget_of, thinking_of
from roocode_server.engine.providers.anthropic.thoughts import blocks_of, has_thoughts
from roocode_server.engine.providers.models import facts_of
from roocode_server.engine.providers.normalisation import (
    AnsweredCall,
    AssistantMessage,
    UserMessage,
    exchanges,
)
from roocode_server.engine.providers.pictures import Picture, picture_of
from roocode_server.engine.providers.provider import ModelRequest
from roocode_server.models.conversation import Turn

if TYPE_CHECKING:
    from anthropic.types import (
        CacheControlEphemeralParam,
        ImageBlockParam,
        MessageParam,
        TextBlockParam,
        ThinkingConfigParam,
        ToolParam,
        ToolResultBlockParam,
    )
    from anthropic.types.message_create_params import MessageCreateParamsStreaming

    from roocode_server.engine.providers.anthropic.thoughts import Block

MediaType = Literal["image/jpeg", "image/png", "image/gif", "image/webp"]

ANTHROPIC_IMAGE_TYPES: Final[tuple[MediaType, ...]] = ("image/jpeg", "image/png", "image/gif", "image/webp")
CACHED_MESSAGES: Final = 2
"""How many user messages get cache markers: the one that the last request cached, and the newest one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Message:
    role: Literal["user", "assistant"]
    blocks: list[Block] = field(default_factory=list)

    @property
    def has_only_results(self) -> bool:
        return all(block["type"] == "tool_result" for block in self.blocks)

    @property
    def parameter(self) -> MessageParam:
        if self.role == "user":
            return {"role": "user", "content": self.blocks}
        return {"role": "assistant", "content": self.blocks}


def parameters(request: ModelRequest) -> MessageCreateParamsStreaming:
    """Return the body of the request."""
    messages = _messages(request)
    _mark(messages)
    made: MessageCreateParamsStreaming = {
        "model": request.model,
        "max_tokens": _max_tokens(request),
        "messages": [message.parameter for message in messages],
        "stream": True,
    }
    if request.system.strip():
        made["system"] = [{"type": "text", "text": request.system, "cache_control": _cached()}]
    if request.tools:
        made["tools"] = _tools(request)
    thinking = _thinking(request, messages)
    if thinking is not None:
        made["thinking"] = thinking
    if request.effort is not None and thinking_of(request.model) is Thinking.ADAPTIVE:
        made["output_config"] = {"effort": EFFORTS[request.effort]}
    return made


def temperature_of(request: ModelRequest, sent: MessageCreateParamsStreaming) -> float | None:
    """Return the temperature to send; None if the protocol refuses one: with thinking, and for new models."""
    return (
        None if "thinking" in sent or thinking_of(request.model) is Thinking.ADAPTIVE else request.temperature
    )


def _max_tokens(request: ModelRequest) -> int:
    return request.max_tokens or facts_of(request.model).max_output


def _tools(request: ModelRequest) -> Sequence[ToolParam]:
    tools: list[ToolParam] = [
        {"name": tool.name, "description": tool.description, "input_schema": tool.input_schema}
        for tool in request.tools
    ]
    tools[-1]["cache_control"] = _cached()
    return tools


def _thinking(request: ModelRequest, messages: Sequence[_Message]) -> ThinkingConfigParam | None:
    """Return the thinking configuration that the model and the conversation permit, or None."""
    if request.effort is None:
        return None
    kind = thinking_of(request.model)
    if kind is Thinking.ADAPTIVE:
        return {"type": "adaptive", "display": "summarized"}
    if kind is Thinking.NEVER or not _has_thought_so_far(messages):
        return None
    budget = budget_of(request.effort, _max_tokens(request))
    return None if budget is None else {"type": "enabled", "budget_tokens": budget}


def _has_thought_so_far(messages: Sequence[_Message]) -> bool:
    """Whether every answer since the last user message has its thinking blocks, without which requests are
    refused.
    """
    for message in reversed(messages):
        if message.role == "assistant":
            if not has_thoughts(message.blocks):
                return False
        elif not message.has_only_results:
            break
    return True


def _messages(request: ModelRequest) -> Sequence[_Message]:
    """Return the conversation as alternating messages of user and model, each with at least one block."""
    takes_images = facts_of(request.model).takes_images
    messages: list[_Message] = []
    for exchange in exchanges(request.turns):
        match exchange:
            case UserMessage(turn=turn):
                _add(messages, "user", _said(turn, takes_images=takes_images))
            case AssistantMessage(calls=calls):
                _add(messages, "assistant", blocks_of(exchange, request.model))
                _add(messages, "user", [_result(call, takes_images=takes_images) for call in calls])
    return messages


def _add(messages: list[_Message], role: Literal["user", "assistant"], blocks: Sequence[Block]) -> None:
    """Add blocks to the last message if it has the same role, otherwise to a new message."""
    if not blocks:
        return
    if not messages or messages[-1].role != role:
        messages.append(_Message(role=role))
    messages[-1].blocks.extend(blocks)


def _said(turn: Turn, *, takes_images: bool) -> Sequence[TextBlockParam | ImageBlockParam]:
    text: list[TextBlockParam] = [{"type": "text", "text": turn.text}] if turn.text.strip() else []
    return [*text, *(_image(url, takes_images=takes_images) for url in turn.images)]


def _result(answered: AnsweredCall, *, takes_images: bool) -> ToolResultBlockParam:
    return {
        "type": "tool_result",
        "tool_use_id": answered.wire_id,
        "content": list(_said(answered.result, takes_images=takes_images)),
        "is_error": not answered.result.success,
    }


def _image(url: str, *, takes_images: bool) -> ImageBlockParam | TextBlockParam:
    """Return an image block, or a note if the model cannot see the image."""
    found = picture_of(url, ANTHROPIC_IMAGE_TYPES if takes_images else ())
    if not isinstance(found, Picture):
        return {"type": "text", "text": found}
    media_type = next(each for each in ANTHROPIC_IMAGE_TYPES if each == found.media_type)
    return {"type": "image", "source": {"type": "base64", "media_type": media_type, "data": found.data}}


def _mark(messages: Sequence[_Message]) -> None:
    """Add cache markers to the ends of the last user messages."""
    said = [message for message in messages if message.role == "user"]
    for message in said[-CACHED_MESSAGES:]:
        last = message.blocks[-1]
        if last["type"] == "text" or last["type"] == "image" or last["type"] == "tool_result":
            last["cache_control"] = _cached()


def _cached() -> CacheControlEphemeralParam:
    return {"type": "ephemeral"}
