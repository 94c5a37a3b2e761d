"""Messages of external agents with something in them that nothing can store."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest

from roocode_server.engine.agent.external.transport import ProgramTransport


class Printed:
    """A program that has printed these lines and ends."""

    def __init__(self, *lines: str) -> None:
        self._pieces = [f"{line}\n".encode() for line in lines]

    async def read(self) -> bytes:
        return self._pieces.pop(0) if self._pieces else b""

    async def write(self, content: bytes) -> None:
        raise BrokenPipeError

    def complaint(self) -> str:
        return ""


async def received(*lines: str) -> list[dict[str, Any]]:
    transport, messages = ProgramTransport(Printed(*lines)), []
    while (message := await transport.receive()) is not None:
        messages.append(message)
    return messages


def chunk(kind: str, text: str) -> str:
    update = {"sessionUpdate": kind, "content": {"type": "text", "text": text}}
    return json.dumps({"method": "session/update", "params": {"sessionId": "s", "update": update}})


@pytest.mark.parametrize(
    ("pieces", "texts"),
    [
        (("a\ud83d", "\ude00b"), ["a", "\U0001f600b"]),
        (("\ud83d", "\ude00", "c"), ["", "\U0001f600", "c"]),
        (("a\ud83d", "b"), ["a", "\ufffdb"]),
        (("\ude00",), ["\ufffd"]),
    ],
)
@pytest.mark.parametrize("kind", ["agent_message_chunk", "agent_thought_chunk"])
async def test_a_character_that_is_cut_in_two_between_pieces_of_a_text_comes_whole(
    kind: str, pieces: list[str], texts: list[str]
) -> None:
    messages = await received(*(chunk(kind, piece) for piece in pieces))
    assert [each["params"]["update"]["content"]["text"] for each in messages] == texts


async def test_pieces_of_two_texts_are_not_mixed() -> None:
    thought, said = "agent_thought_chunk", "agent_message_chunk"
    messages = await received(chunk(thought, "\ud83d"), chunk(said, "hello"), chunk(thought, "\ude00"))
    assert [each["params"]["update"]["content"]["text"] for each in messages] == ["", "hello", "\U0001f600"]


@pytest.mark.parametrize(
    "content",
    ["[" * 300 + "]" * 300, '"\\ud83d"', "9" * 24, '"\\ud83d\\ude00"'],
    ids=["deep", "half a character", "a long number", "a whole character"],
)
async def test_a_message_of_a_program_is_made_fit_to_be_stored(content: str) -> None:
    (message,) = await received(f'{{"method": "session/update", "params": {{"rawInput": {content}}}}}')
    assert orjson.dumps(message)
    assert message["method"] == "session/update"
