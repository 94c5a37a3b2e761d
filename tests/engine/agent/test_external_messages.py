"""Messages of external agents with something in them that nothing can store."""

from __future__ import annotations

import orjson
import pytest

from engine.agent.external.transport import _decoded


@pytest.mark.parametrize(
    "content",
    ["[" * 300 + "]" * 300, '"\\ud83d"', "9" * 24, '"\\ud83d\\ude00"'],
    ids=["deep", "half a character", "a long number", "a whole character"],
)
def test_a_message_of_a_program_is_made_fit_to_be_stored(content: str) -> None:
    message = _decoded(f'{{"method": "session/update", "params": {{"rawInput": {content}}}}}'.encode())
    assert message is not None
    assert orjson.dumps(message)
    assert message["method"] == "session/update"
