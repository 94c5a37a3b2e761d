"""Builds the messages of the Chat Completions protocol."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, cast

import orjson

from roocode_server.engine.providers.continuations import kept_by
from roocode_server.engine.providers.normalisation import (
    AnsweredCall,
    AssistantMessage,
    UserMessage,
    exchanges,
)
from roocode_server.engine.providers.pictures import Picture, picture_of
from roocode_server.engine.providers.provider import ModelRequest
from roocode_server.models.conversation import Turn
from roocode_server.models.tool import ToolDescription

if TYPE_CHECKING:
    from openai.types.chat import (
        ChatCompletionAssistantMessageParam,
        ChatCompletionContentPartParam,
        ChatCompletionFunctionToolParam,
        ChatCompletionMessageFunctionToolCallParam,
        ChatCompletionMessageParam,
    )

SHOWN_IMAGES_HEADING: Final = "The images that the tools have shown:"


OPENAI_CHAT: Final = "openai-chat"
OPENAI_IMAGE_TYPES: Final = ("image/png", "image/jpeg", "image/gif", "image/webp")
GIVEN_BACK: Final = ("reasoning_content", "reasoning_details")
"""Reasoning fields that the servers that send them want back together with the calls."""


def messages_of(request: ModelRequest) -> list[ChatCompletionMessageParam | orjson.Fragment]:
    """Return the system prompt and all turns; those of earlier requests as cached JSON."""
    messages: list[ChatCompletionMessageParam | orjson.Fragment] = []
    if request.system:
        messages.append({"role": "system", "content": request.system})
    for each in exchanges(request.turns):
        frame = f"chat {request.model}"
        if frame not in each.frames:
            made = _messages(each, request.model)
            each.frames[frame] = [orjson.Fragment(orjson.dumps(message)) for message in made]
        messages += each.frames[frame]
    return messages


def tools_of(tools: Sequence[ToolDescription]) -> list[ChatCompletionFunctionToolParam]:
    """Return the tools that the model may call."""
    return [
        {
            "type": "function",
            "function": {
                "name": tool.name,
                "description": tool.description,
                "parameters": tool.input_schema,
            },
        }
        for tool in tools
    ]


def _messages(each: UserMessage | AssistantMessage, model: str) -> Iterator[ChatCompletionMessageParam]:
    if isinstance(each, UserMessage):
        turn = each.turn
        yield {"role": "user", "content": _parts(turn.text, turn.images) if turn.images else turn.text}
    else:
        yield from _replied(each, model)


def _replied(reply: AssistantMessage, model: str) -> Iterator[ChatCompletionMessageParam]:
    """Yield an answer, the results of its calls, and then their images, which results cannot contain."""
    text = reply.turn.text
    if not reply.calls:
        yield {"role": "assistant", "content": text}
        return
    answer: ChatCompletionAssistantMessageParam = {
        "role": "assistant",
        "content": text or None,
        "tool_calls": [_call(call) for call in reply.calls],
    }
    yield cast("ChatCompletionMessageParam", {**answer, **_thoughts(reply.turn, model)})
    for call in reply.calls:
        yield {"role": "tool", "tool_call_id": call.wire_id, "content": call.result.text}
    images = [image for call in reply.calls for image in call.result.images]
    if images:
        yield {"role": "user", "content": _parts(SHOWN_IMAGES_HEADING, images)}


def _thoughts(turn: Turn, model: str) -> Mapping[str, Any]:
    """Return this model's reasoning under its original field names, which Kimi, DeepSeek and others require
    with calls.

    Servers that send none get none: some refuse unknown fields.
    """
    kept = kept_by(OPENAI_CHAT, model, turn) or {}
    return {name: kept[name] for name in GIVEN_BACK if name in kept}


def _call(asked: AnsweredCall) -> ChatCompletionMessageFunctionToolCallParam:
    arguments = orjson.dumps(asked.call.arguments).decode()
    return {
        "id": asked.wire_id,
        "type": "function",
        "function": {"name": asked.tool_name, "arguments": arguments},
    }


def _parts(text: str, images: Sequence[str]) -> list[ChatCompletionContentPartParam]:
    parts: list[ChatCompletionContentPartParam] = [{"type": "text", "text": text}] if text else []
    for image in images:
        found = picture_of(image, OPENAI_IMAGE_TYPES)
        if isinstance(found, Picture):
            parts.append({"type": "image_url", "image_url": {"url": found.url}})
        else:
            parts.append({"type": "text", "text": found})
    return parts
