"""Reads the pieces of Gemini's stream. Source: Gemini API, `GenerateContentResponse`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import orjson

from roocode_server.engine.providers.edge import usable
from roocode_server.engine.providers.gemini.thoughts import GeminiLayout
from roocode_server.engine.providers.provider import (
    CallDelta,
    CallRequested,
    ModelEvent,
    ProviderFailure,
    ReasoningDelta,
    Stopped,
    TextDelta,
    Usage,
)
from roocode_server.models.identifier import new_id

if TYPE_CHECKING:
    from google.genai import types

MAX_TOKENS: Final = frozenset({"MAX_TOKENS", "CONTINUATION"})
ENDS: Final = frozenset(
    {
        "STOP",
        "OTHER",
        "FINISH_REASON_UNSPECIFIED",
        "MALFORMED_FUNCTION_CALL",
        "MALFORMED_RESPONSE",
        "UNEXPECTED_TOOL_CALL",
        "TOO_MANY_TOOL_CALLS",
    }
)
"""Finish reasons after which the model can be asked to go on, even if the answer was malformed.

All others are refusals.
"""
UNSIGNED: Final = "MISSING_THOUGHT_SIGNATURE"


class GeminiAnswer:
    """One answer as it is streamed."""

    def __init__(self, model: str) -> None:
        self._layout = GeminiLayout(model)
        self._has_calls = False
        self._reason: str | None = None
        self._usage = Usage(tokens_in=0, tokens_out=0)

    @property
    def is_complete(self) -> bool:
        """Whether the model has given its finish reason."""
        return self._reason is not None

    def take(self, piece: types.GenerateContentResponse) -> Iterator[ModelEvent]:
        """Return what the next piece of the stream says. Raises: ProviderFailure: REQUEST_REFUSED."""
        for candidate in (piece.candidates or ())[:1]:
            for part in (candidate.content.parts if candidate.content else None) or ():
                yield from self._part(part)
            if candidate.finish_reason is not None:
                self._reason = candidate.finish_reason.value
        if piece.prompt_feedback is not None and piece.prompt_feedback.block_reason is not None:
            self._reason = "PROHIBITED_CONTENT"
        if piece.usage_metadata is not None:
            yield from self._used(piece.usage_metadata)
        if self._reason == UNSIGNED:
            raise ProviderFailure(
                "REQUEST_REFUSED", "The signature of an earlier thought is missing from the request."
            )

    def end(self) -> Iterator[ModelEvent]:
        """Return the events that follow the end of the stream."""
        continuation = self._layout.continuation
        if continuation is not None:
            yield continuation
        yield Stopped(reason=self._stopped())

    def _stopped(self) -> str:
        if self._reason in MAX_TOKENS:
            return "max_tokens"
        if self._has_calls:
            return "calls"
        return "end" if self._reason in ENDS else "refusal"

    def _part(self, part: types.Part) -> Iterator[ModelEvent]:
        text = part.text or ""
        if part.thought:
            if text:
                yield ReasoningDelta(text=text)
            return
        if part.function_call is not None:
            self._layout.call(part.thought_signature)
            yield from self._call(part.function_call)
            return
        self._layout.text(text, part.thought_signature)
        if text:
            yield TextDelta(text=text)

    def _call(self, asked: types.FunctionCall) -> Iterator[ModelEvent]:
        """Return the events of a call, which is not streamed; most models give it no id."""
        self._has_calls = True
        call_id, name, arguments = asked.id or new_id("call"), asked.name or "", usable(asked.args or {})
        yield CallDelta(call_id=call_id, tool_name=name, arguments=orjson.dumps(arguments).decode())
        yield CallRequested(call_id=call_id, tool_name=name, arguments=arguments)

    def _used(self, said: types.GenerateContentResponseUsageMetadata) -> Iterator[ModelEvent]:
        """Return the token counts so far, if they have changed; thinking counts as output."""
        usage = Usage(
            tokens_in=(said.prompt_token_count or 0) + (said.tool_use_prompt_token_count or 0),
            tokens_out=(said.candidates_token_count or 0) + (said.thoughts_token_count or 0),
            cache_reads=said.cached_content_token_count or 0,
        )
        if usage != self._usage:
            self._usage = usage
            yield usage
