"""Strategies for stored conversations, well-formed or not, for property tests."""

from __future__ import annotations

from hypothesis import strategies as some

from roocode_server.models.conversation import ToolCall, Turn, TurnRole
from roocode_server.models.identifier import CallId
from tests.engine.providers.asking import PIXEL

MODELS = ("claude-haiku-4-5", "claude-opus-5", "gemini-2.5-pro", "gemini-3-pro", "another")
"""Those of whom a stored continuation may be."""

_texts = some.sampled_from(["", " ", "Hello.", "\n", "Two words"])
_ids = some.sampled_from(["call-1", "call-2", "toolu_3", "odd id!", ""]).map(CallId)
_images = some.lists(some.just(PIXEL) | some.just("data:image/svg+xml;base64,aGk="), max_size=2)
_calls = some.lists(
    some.builds(
        ToolCall,
        id=_ids,
        tool_name=some.sampled_from(["read_file", "made up name", ""]),
        arguments=some.dictionaries(
            some.sampled_from(["path", "line"]), some.integers() | some.text(), max_size=2
        ),
    ),
    max_size=3,
)


@some.composite
def _replies(draw: some.DrawFn) -> Turn:
    text, calls = draw(_texts), draw(_calls)
    provider = draw(some.sampled_from(["anthropic", "gemini", None]))
    model = draw(some.sampled_from(MODELS))
    signed = {"signature": "c2lnbmVk"}
    numbered = [{"type": "call", "number": number, **signed} for number in range(len(calls))]
    said = [{"type": "text", "length": len(text)}] if text else []
    if provider == "anthropic":
        thought = {"type": "thinking", "thinking": "Hm.", **signed}
        return _turn(text, calls, provider, {"model": model, "blocks": [thought, *said, *numbered]})
    if provider == "gemini":
        return _turn(text, calls, provider, {"model": model, "parts": [*said, *numbered]})
    return Turn(role=TurnRole.ASSISTANT, text=text, calls=calls)


def _turn(text: str, calls: list[ToolCall], provider: str, content: dict[str, object]) -> Turn:
    kept = {"provider": provider, "content": content}
    return Turn(role=TurnRole.ASSISTANT, text=text, calls=calls, continuation=kept)


_said = some.builds(Turn, role=some.just(TurnRole.USER), text=_texts, images=_images)
_results = some.builds(
    Turn, role=some.just(TurnRole.TOOL), text=_texts, call_id=_ids, success=some.booleans(), images=_images
)

conversations = some.lists(_said | _replies() | _results, max_size=12)
