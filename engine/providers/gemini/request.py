"""Builds requests for Gemini's protocol. Source: Gemini API, `models.streamGenerateContent`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from roocode_server.engine.providers.gemini.thinking import thinking_of
from roocode_server.engine.providers.gemini.thoughts import Content, Part, parts_of
from roocode_server.engine.providers.models import facts_of
from roocode_server.engine.providers.normalisation import (
    AnsweredCall,
    AssistantMessage,
    UserMessage,
    exchanges,
)
from roocode_server.engine.providers.pictures import Picture, picture_of
from roocode_server.engine.providers.provider import ModelRequest, ProviderFailure
from roocode_server.models.conversation import Turn

if TYPE_CHECKING:
    from google.genai.types import GenerateContentConfig, ToolListUnion

GEMINI_IMAGE_TYPES: Final = ("image/jpeg", "image/png", "image/webp", "image/heic", "image/heif")

_MODEL: Final = re.compile(r"(?:[a-zA-Z]+/)?[\w.:@-]+\Z", re.ASCII)


def checked_model(model: str) -> str:
    """Return the model's name, which becomes part of a URL. Raises: ProviderFailure: MODEL_UNKNOWN."""
    if not _MODEL.match(model) or ".." in model:
        raise ProviderFailure("MODEL_UNKNOWN", f"This is not a valid model name: `{model[:100]}`.")
    return model


def config(request: ModelRequest) -> GenerateContentConfig:
    """Return everything that is sent besides the conversation."""
    from google.genai import types

    return types.GenerateContentConfig(
        system_instruction=request.system if request.system.strip() else None,
        tools=_tools(request),
        max_output_tokens=request.max_tokens or facts_of(request.model).max_output,
        temperature=request.temperature,
        thinking_config=thinking_of(request.model, request.effort),
        automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
        automatic_continuation=False,
    )


def contents(request: ModelRequest) -> Sequence[Content]:
    """Return the conversation as alternating contents of user and model, each with at least one part."""
    takes_images = facts_of(request.model).takes_images
    made: list[Content] = []
    for exchange in exchanges(request.turns):
        match exchange:
            case UserMessage(turn=turn):
                _add(made, "user", [*_text(turn), *_images(turn, takes_images=takes_images)])
            case AssistantMessage(calls=calls):
                _add(made, "model", parts_of(exchange, request.model))
                _add(made, "user", _results(calls, takes_images=takes_images))
    return made


def _tools(request: ModelRequest) -> ToolListUnion | None:
    from google.genai import types

    declared = [
        types.FunctionDeclaration(
            name=tool.name, description=tool.description, parameters_json_schema=tool.input_schema
        )
        for tool in request.tools
    ]
    return [types.Tool(function_declarations=declared)] if declared else None


def _add(made: list[Content], role: str, parts: Sequence[Part]) -> None:
    """Add parts to the last content if it has the same role, otherwise to a new content."""
    if not parts:
        return
    if made and made[-1]["role"] == role:
        made[-1]["parts"] += parts
    else:
        made.append({"role": role, "parts": list(parts)})


def _text(turn: Turn) -> Sequence[Part]:
    return [{"text": turn.text}] if turn.text.strip() else []


def _results(calls: Sequence[AnsweredCall], *, takes_images: bool) -> Sequence[Part]:
    """Return the results of an answer's calls, followed by all their images, which results cannot contain."""
    images = [part for call in calls for part in _images(call.result, takes_images=takes_images)]
    return [*(_result(call) for call in calls), *images]


def _result(answered: AnsweredCall) -> Part:
    word = "output" if answered.result.success else "error"
    return {
        "functionResponse": {
            "id": answered.wire_id,
            "name": answered.tool_name,
            "response": {word: answered.result.text},
        }
    }


def _images(turn: Turn, *, takes_images: bool) -> Sequence[Part]:
    parts: list[Part] = []
    for url in turn.images:
        found = picture_of(url, GEMINI_IMAGE_TYPES if takes_images else ())
        if isinstance(found, Picture):
            parts.append({"inlineData": {"mimeType": found.media_type, "data": found.data}})
        else:
            parts.append({"text": found})
    return parts
