"""A conversation as the Chat Completions protocol has it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

import orjson

from engine.providers.exchanges import AnsweredCall, Replied, Said, exchanges
from engine.providers.provider import ModelRequest
from engine.providers.wire import parse_data_url
from models.tool import ToolDescription

if TYPE_CHECKING:
    from openai.types.chat import (
        ChatCompletionContentPartParam,
        ChatCompletionFunctionToolParam,
        ChatCompletionMessageFunctionToolCallParam,
        ChatCompletionMessageParam,
    )

SHOWN: Final = "The images that the tools have shown:"


FRAME: Final = "chat"


def messages_of(request: ModelRequest) -> list[ChatCompletionMessageParam | orjson.Fragment]:
    """The system's words and every turn; what an earlier request had, too, as the JSON that it became."""
    messages: list[ChatCompletionMessageParam | orjson.Fragment] = []
    if request.system:
        messages.append({"role": "system", "content": request.system})
    for each in exchanges(request.turns):
        if FRAME not in each.frames:
            each.frames[FRAME] = [orjson.Fragment(orjson.dumps(message)) for message in _messages(each)]
        messages += each.frames[FRAME]
    return messages


def tools_of(tools: Sequence[ToolDescription]) -> list[ChatCompletionFunctionToolParam]:
    """What the model may call."""
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


def _messages(each: Said | Replied) -> Iterator[ChatCompletionMessageParam]:
    if isinstance(each, Said):
        turn = each.turn
        yield {"role": "user", "content": _parts(turn.text, turn.images) if turn.images else turn.text}
    else:
        yield from _replied(each)


def _replied(reply: Replied) -> Iterator[ChatCompletionMessageParam]:
    """An answer, the results of its calls, and then their images: a tool itself says text alone."""
    text = reply.turn.text
    if not reply.calls:
        yield {"role": "assistant", "content": text}
        return
    yield {"role": "assistant", "content": text or None, "tool_calls": [_call(call) for call in reply.calls]}
    for call in reply.calls:
        yield {"role": "tool", "tool_call_id": call.wire_id, "content": call.result.text}
    images = [image for call in reply.calls for image in call.result.images]
    if images:
        yield {"role": "user", "content": _parts(SHOWN, images)}


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
        parse_data_url(image)
        parts.append({"type": "image_url", "image_url": {"url": image}})
    return parts
