"""What a provider keeps of its own answer, so that the same model gets it back as it was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from roocode_server.engine.providers.normalisation import AssistantMessage
from roocode_server.models.conversation import Turn


def kept_by(provider: str, model: str, turn: Turn) -> Mapping[str, Any] | None:
    """Return what this model's answer has to keep; None if another model gave it, or nothing was kept."""
    kept = turn.continuation
    if kept is None or kept.get("provider") != provider or kept["content"].get("model") != model:
        return None
    content: Mapping[str, Any] = kept["content"]
    return content


def layout_kept_by(
    provider: str, model: str, replied: AssistantMessage, name: str
) -> Sequence[Mapping[str, Any]] | None:
    """Return the order of an answer's parts, kept under `name`: texts by `length`, calls, and others.

    None if there is none, or if it does not fit the answer's text and calls.
    """
    kept = kept_by(provider, model, replied.turn)
    if kept is None:
        return None
    parts: Sequence[Mapping[str, Any]] = kept[name]
    length = sum(part["length"] for part in parts if part["type"] == "text")
    calls = sum(part["type"] == "call" for part in parts)
    return parts if (length, calls) == (len(replied.turn.text), len(replied.calls)) else None
