"""Classifies refusals by model servers: the conversation is too long, or an image cannot be used.

Sources: the errors that vendors document and their servers return: OpenAI, Azure, Anthropic, Gemini, Bedrock,
Mistral, Groq, Together, OpenRouter, xAI, Cohere, DeepSeek, Moonshot, MiniMax, Qwen, GLM, GitHub Models, vLLM,
SGLang, llama.cpp, Ollama, LM Studio, TGI.
"""

from __future__ import annotations

import re
from typing import Final

TOO_LONG_CODES: Final = frozenset(
    {
        "context_length_exceeded",
        "context_window_exceeded",
        "model_context_window_exceeded",
        "exceed_context_size_error",
        "request_too_large",
        "string_above_max_length",
        "tokens_limit_reached",
    }
)
"""Error codes and types that mean that the conversation is too long."""

_TOO_LONG: Final = re.compile(
    r"context[ _-](?:length|window|limit|size)"
    r"|(?:prompt|input|request|conversation)(?: \([^)]*\))? (?:is )?too (?:long|large)"
    r"|too many (?:input |total |prompt )?tokens|too large for model with"
    r"|maximum (?:prompt|input|sequence|model|allowed input) length"
    r"|max(?:imum)? (?:number of )?tokens allowed"
    r"|maximum number of (?:input )?tokens|input tokens? (?:count|exceed)"
    r"|exceed(?:s|ed)? (?:the )?(?:model(?:'s)? )?(?:token limit|max(?:imum)? (?:input )?(?:length|tokens))"
    r"|token (?:limit|count) (?:is )?exceed|token count (?:of \d+ )?exceeds|exceeds the limit of \d+"
    r"|(?:reduce|shorten) (?:the (?:length|size) of )?(?:the |your )?(?:messages?|prompt|input|conversation)"
    r"|range of input length|inputs? tokens \+ max_new_tokens|n_ctx|request_too_large",
    re.I,
)
_IMAGE: Final = re.compile(r"\bimages?\b|image_url|inline_?data|media_type|\bbase64\b", re.I)


def is_too_long(status: int, message: str, code: str | None = None) -> bool:
    """Whether a refusal means that the conversation is too long for the model."""
    if status == 413 or code in TOO_LONG_CODES:
        return True
    return status in (400, 422, 500) and _TOO_LONG.search(message) is not None


def is_of_an_image(status: int, message: str) -> bool:
    """Whether a refusal is because of an image."""
    if status == 404:
        return "image input" in message
    return status in (400, 415, 422) and _IMAGE.search(message) is not None
