"""A conversation as the Responses protocol has it, and what of an answer is handed back to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import orjson

from roocode_server.engine.providers.normalisation import AssistantMessage, UserMessage, exchanges
from roocode_server.engine.providers.openai.chat_turns import IMAGES
from roocode_server.engine.providers.pictures import Picture, picture_of
from roocode_server.engine.providers.provider import ModelRequest
from roocode_server.models.tool import ToolDescription

if TYPE_CHECKING:
    from openai.types.responses import (
        FunctionToolParam,
        ResponseFunctionCallOutputItemListParam,
        ResponseInputItemParam,
        ResponseInputMessageContentListParam,
    )
    from openai.types.responses.response_input_item_param import FunctionCallOutput

PROVIDER: Final = "openai"
KEPT: Final = ("type", "id", "summary", "encrypted_content")
"""What of a reasoning item is handed back."""


def items_of(request: ModelRequest) -> list[ResponseInputItemParam]:
    """Every turn."""
    return [item for each in exchanges(request.turns) for item in _items(each, request.model)]


def tools_of(tools: Sequence[ToolDescription]) -> list[FunctionToolParam]:
    """What the model may call. Not `strict`: that would want every parameter to be required."""
    return [
        {
            "type": "function",
            "name": tool.name,
            "description": tool.description,
            "parameters": dict(tool.input_schema),
            "strict": False,
        }
        for tool in tools
    ]


def kept_items(items: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The items of an answer as a later request has them; empty where nothing was reasoned about.

    Reasoning that is not encrypted is left out: nothing of the answer is stored at OpenAI, so its id alone
    says nothing.
    """
    kept = [
        {name: item[name] for name in KEPT if name in item} if item["type"] == "reasoning" else dict(item)
        for item in items
        if item["type"] != "reasoning" or item.get("encrypted_content")
    ]
    return kept if any(item["type"] == "reasoning" for item in kept) else []


def _items(each: UserMessage | AssistantMessage, model: str) -> Iterator[ResponseInputItemParam]:
    if isinstance(each, UserMessage):
        yield {"type": "message", "role": "user", "content": _content(each.turn.text, each.turn.images)}
        return
    yield from _reasoned(each, model) or _written(each)
    for call in each.calls:
        result: FunctionCallOutput = {
            "type": "function_call_output",
            "call_id": call.wire_id,
            "output": call.result.text,
        }
        if call.result.images:
            result["output"] = _output(call.result.text, call.result.images)
        yield result


def _written(reply: AssistantMessage) -> Iterator[ResponseInputItemParam]:
    """An answer from its text and its calls."""
    if reply.turn.text:
        yield {"role": "assistant", "content": reply.turn.text}
    for call in reply.calls:
        yield {
            "type": "function_call",
            "call_id": call.wire_id,
            "name": call.tool_name,
            "arguments": orjson.dumps(call.call.arguments).decode(),
        }


def _reasoned(reply: AssistantMessage, model: str) -> list[ResponseInputItemParam]:
    """The answer as this model itself wrote it, with its encrypted reasoning in its place; else empty.

    Another model cannot read the reasoning; and a result whose call is not among the items is refused.
    """
    kept = reply.turn.continuation
    if kept is None or kept.get("provider") != PROVIDER or kept["content"].get("model") != model:
        return []
    items: list[ResponseInputItemParam] = kept["content"]["items"]
    called = [item.get("call_id") for item in items if item.get("type") == "function_call"]
    return items if called == [call.wire_id for call in reply.calls] else []


def _content(text: str, images: Sequence[str]) -> ResponseInputMessageContentListParam:
    parts: ResponseInputMessageContentListParam = (
        [{"type": "input_text", "text": text}] if text or not images else []
    )
    for image in images:
        found = picture_of(image, IMAGES)
        if isinstance(found, Picture):
            parts.append({"type": "input_image", "image_url": found.url, "detail": "auto"})
        else:
            parts.append({"type": "input_text", "text": found})
    return parts


def _output(text: str, images: Sequence[str]) -> ResponseFunctionCallOutputItemListParam:
    parts: ResponseFunctionCallOutputItemListParam = [{"type": "input_text", "text": text}]
    for image in images:
        found = picture_of(image, IMAGES)
        if isinstance(found, Picture):
            parts.append({"type": "input_image", "image_url": found.url})
        else:
            parts.append({"type": "input_text", "text": found})
    return parts
