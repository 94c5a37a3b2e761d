"""Keeps the thought signatures of an answer in its turn, and restores the answer's parts from it.

A signature belongs to the part with which it came, so the order of the parts is kept: texts by their length
in the turn's text, calls by their index. Source: Gemini API, "Thought signatures".
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from roocode_server.engine.providers.continuations import layout_kept_by
from roocode_server.engine.providers.gemini.thinking import version_of
from roocode_server.engine.providers.normalisation import AnsweredCall, AssistantMessage
from roocode_server.engine.providers.provider import Continuation

Part = dict[str, Any]
"""A part of a content, in the protocol's JSON form."""
Content = dict[str, Any]
"""The `role` and `parts` of one message."""

GEMINI: Final = "gemini"
NOBODYS_SIGNATURE: Final = "skip_thought_signature_validator"
"""The protocol's placeholder for the signature of a call that another model made."""
FIRST_SIGNED: Final = (3, 0)
"""Models from this version on refuse an answer whose first call has no signature."""


class GeminiLayout:
    """Records the order of an answer's parts while it is streamed."""

    def __init__(self, model: str) -> None:
        self._model = model
        self._parts: list[dict[str, Any]] = []
        self._calls = 0

    def text(self, text: str, signature: bytes | None) -> None:
        """Record a piece of text; pieces without a signature belong to one part, which a signature ends."""
        last = self._parts[-1] if self._parts else None
        if last is not None and last["type"] == "text" and "signature" not in last and text:
            last["length"] += len(text)
            last.update(_signed(signature))
        elif text or signature:
            self._parts.append({"type": "text", "length": len(text), **_signed(signature)})

    def call(self, signature: bytes | None) -> None:
        """Record a call."""
        self._parts.append({"type": "call", "number": self._calls, **_signed(signature)})
        self._calls += 1

    @property
    def continuation(self) -> Continuation | None:
        """What the turn has to keep; None if there was no signature."""
        if not any("signature" in part for part in self._parts):
            return None
        return Continuation(provider=GEMINI, content={"model": self._model, "parts": self._parts})


def parts_of(replied: AssistantMessage, model: str) -> Sequence[Part]:
    """Return an answer as parts, with its signatures if they are this very model's."""
    layout = layout_kept_by(GEMINI, model, replied, "parts")
    if layout is not None:
        return list(_laid_out(layout, replied))
    said: list[Part] = [{"text": replied.turn.text}] if replied.turn.text.strip() else []
    calls = [_call(call) for call in replied.calls]
    if calls and version_of(model) >= FIRST_SIGNED:
        calls[0]["thoughtSignature"] = NOBODYS_SIGNATURE
    return [*said, *calls]


def _laid_out(layout: Sequence[Mapping[str, Any]], replied: AssistantMessage) -> Iterator[Part]:
    start = 0
    for kept in layout:
        if kept["type"] == "call":
            part = _call(replied.calls[kept["number"]])
        else:
            part = {"text": replied.turn.text[start : start + kept["length"]]}
            start += kept["length"]
        if "signature" in kept:
            part["thoughtSignature"] = kept["signature"]
        yield part


def _call(answered: AnsweredCall) -> Part:
    asked = {"id": answered.wire_id, "name": answered.tool_name, "args": answered.call.arguments}
    return {"functionCall": asked}


def _signed(signature: bytes | None) -> dict[str, str]:
    return {"signature": base64.b64encode(signature).decode()} if signature else {}
