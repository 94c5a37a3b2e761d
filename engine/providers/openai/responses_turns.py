"""Builds the items of the Responses protocol, and selects those of an answer to send back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import orjson

from roocode_server.engine.providers.continuations import kept_by
from roocode_server.engine.providers.normalisation import AssistantMessage, UserMessage, exchanges
from roocode_server.engine.providers.openai.chat_turns import OPENAI_IMAGE_TYPES
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

OPENAI_RESPONSES: Final = "openai"
KEPT_FIELDS: Final = ("type", "id", "summary", "encrypted_content")
"""The fields of a reasoning item that are sent back."""


def items_of(request: ModelRequest) -> list[ResponseInputItemParam]:
    """Return all turns as items."""
    return [item for each in exchanges(request.turns) for item in _items(each, request.model)]


def tools_of(tools: Sequence[ToolDescription]) -> list[FunctionToolParam]:
    """Return the tools that the model may call; not `strict`, which would make every parameter required."""
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
    """Return the items of an answer to send back with later requests; empty if there was no reasoning.

    Reasoning that is not encrypted is left out: nothing is stored at OpenAI, so that its id is of no use.
    """
    kept = [
        {name: item[name] for name in KEPT_FIELDS if name in item}
        if item["type"] == "reasoning"
        else dict(item)
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
    """Yield an answer rebuilt from its text and calls."""
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
    """Return the answer's original items with its encrypted reasoning, if this model wrote them; otherwise
    empty.

    Another model cannot read the reasoning; and a result whose call is not among the items would be refused.
    """
    kept = kept_by(OPENAI_RESPONSES, model, reply.turn)
    if kept is None:
        return []
    items: list[ResponseInputItemParam] = kept["items"]
    called = [item.get("call_id") for item in items if item.get("type") == "function_call"]
    return items if called == [call.wire_id for call in reply.calls] else []


def _content(text: str, images: Sequence[str]) -> ResponseInputMessageContentListParam:
    parts: ResponseInputMessageContentListParam = (
        [{"type": "input_text", "text": text}] if text or not images else []
    )
    for image in images:
        found = picture_of(image, OPENAI_IMAGE_TYPES)
        if isinstance(found, Picture):
            parts.append({"type": "input_image", "image_url": found.url, "detail": "auto"})
        else:
            parts.append({"type": "input_text", "text": found})
    return parts


def _output(text: str, images: Sequence[str]) -> ResponseFunctionCallOutputItemListParam:
    parts: ResponseFunctionCallOutputItemListParam = [{"type": "input_text", "text": text}]
    for image in images:
        found = picture_of(image, OPENAI_IMAGE_TYPES)
        if isinstance(found, Picture):
            parts.append({"type": "input_image", "image_url": found.url})
        else:
            parts.append({"type": "input_text", "text": found})
    return parts
