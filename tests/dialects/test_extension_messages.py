"""Growing messages: what a client is sent, whatever it missed."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from roocode_server.handlers.dialects.extension.events import ExtensionEventStream
from roocode_server.handlers.dialects.extension.messages import PartialMessages
from roocode_server.models.clock import now
from roocode_server.models.event import Event, EventEnvelope, StoredEvent, fields_of
from roocode_server.models.identifier import MessageId, SessionId, TaskId
from roocode_server.models.message import Message, MessageType
from roocode_server.models.task import (
    CallWritten,
    MessageCreated,
    MessageDelta,
    MessageDiscarded,
    TaskCancelled,
)

SESSION, TASK, MESSAGE = SessionId("session-1"), TaskId("task-1"), MessageId("message-1")
TS = 1_700_000_000_000
PIECES = st.lists(st.tuples(st.text(min_size=1, max_size=40), st.booleans()), max_size=60)
"""Pieces of a text, and whether each reaches the client."""


def stored(happened: Event, seq: int = 0) -> StoredEvent:
    return EventEnvelope(now())(happened.name, fields_of(happened), seq, SESSION, TASK)


def told(stream: ExtensionEventStream, happened: Event, seq: int = 0) -> list[Any]:
    return [orjson.loads(each) for each in stream.render(stored(happened, seq))]


def complete(text: str) -> MessageCreated:
    message = Message(
        id=MESSAGE, task_id=TASK, ts=TS, type=MessageType.SAY, say="text", text=text, created_at=now()
    )
    return MessageCreated(message=message)


def written(stream: ExtensionEventStream, pieces: list[tuple[str, bool]]) -> list[Any]:
    position, seen = 0, []
    for text, arrives in pieces:
        piece = MessageDelta(message_id=MESSAGE, text=text, ts=TS, position=position)
        position += len(text)
        if arrives:
            seen += told(stream, piece)
    return [event[1] for event in seen]


@given(pieces=PIECES)
def test_a_message_is_told_whole_once_whatever_pieces_are_missed(pieces: list[tuple[str, bool]]) -> None:
    stream, whole = ExtensionEventStream(), "".join(text for text, _ in pieces)
    growing = written(stream, pieces)
    [[name, last]] = told(stream, complete(whole), 1)
    assert (name, last["taskId"], last["message"]["text"]) == ("message", TASK, whole)
    assert last["message"]["partial"] is False
    assert [each["action"] for each in [*growing, last]] == ["created", *["updated"] * len(growing)]
    assert {each["message"]["ts"] for each in [*growing, last]} == {TS}
    assert all(whole.startswith(each["message"]["text"]) for each in growing)
    assert all(each["message"]["partial"] for each in growing)


@given(count=st.integers(min_value=1, max_value=3000))
def test_a_long_message_is_told_in_a_bounded_number_of_tellings(count: int) -> None:
    growing = written(ExtensionEventStream(), [("word ", True)] * count)
    characters = sum(len(each["message"]["text"]) for each in growing)
    assert characters <= 60 * 5 * count + 5 * 60 * 60


def written_call(
    stream: ExtensionEventStream, tool_name: str, arguments: dict[str, Any]
) -> list[dict[str, Any]]:
    """Return what is sent while the arguments arrive letter by letter."""
    seen = []
    for position, letter in enumerate(json.dumps(arguments)):
        piece = CallWritten(
            call_id="call-1",
            tool_name=tool_name,
            arguments=letter,
            message_id=MESSAGE,
            ts=TS,
            position=position,
        )
        seen += told(stream, piece)
    return [event[1] for event in seen]


@pytest.mark.parametrize(
    ("tool_name", "arguments", "kind", "text"),
    [
        ("execute_command", {"command": 'echo "é"'}, "command", 'echo "é"'),
        ("attempt_completion", {"result": "All\ndone."}, "completion_result", "All\ndone."),
        (
            "write_to_file",
            {"path": "a", "content": "b\n"},
            "tool",
            {"tool": "newFileCreated", "content": "b\n"},
        ),
        ("ask_followup_question", {"question": "Why?"}, "followup", {"question": "Why?"}),
        ("use_mcp_tool", {"server_name": "a", "tool_name": "b"}, "use_mcp_server", {"toolName": "b"}),
    ],
)
def test_a_call_that_is_written_is_a_growing_message(
    tool_name: str, arguments: dict[str, Any], kind: str, text: str | dict[str, Any]
) -> None:
    growing = written_call(ExtensionEventStream(), tool_name, arguments)
    assert [each["action"] for each in growing] == ["created", *["updated"] * (len(growing) - 1)]
    last = growing[-1]["message"]
    assert (last.get("ask") or last.get("say"), last["partial"], last["ts"]) == (kind, True, TS)
    if isinstance(text, str):
        assert last["text"] == text
    else:
        assert json.loads(last["text"]).items() >= text.items()


def test_calls_without_messages_are_not_told_while_they_are_written() -> None:
    assert written_call(ExtensionEventStream(), "update_todo_list", {"todos": "- [ ] one"}) == []
    assert written_call(ExtensionEventStream(), "no_tool", {"a": 1}) == []


def test_what_is_no_json_makes_no_message() -> None:
    stream = ExtensionEventStream()
    piece = CallWritten(
        call_id="call-1", tool_name="read_file", arguments="nonsense", message_id=MESSAGE, ts=TS, position=0
    )
    assert told(stream, piece) == []
    assert told(stream, MessageDiscarded(message_id=MESSAGE, ts=TS)) == []


def test_a_message_that_is_taken_back_is_told_as_it_stood() -> None:
    stream = ExtensionEventStream()
    written(stream, [("half", True)])
    [[_, last]] = told(stream, MessageDiscarded(message_id=MESSAGE, ts=TS))
    assert (last["action"], last["message"]["text"], last["message"]["partial"]) == ("updated", "half", False)
    assert told(stream, MessageDiscarded(message_id=MESSAGE, ts=TS)) == []


def test_a_task_that_ends_leaves_no_message_growing() -> None:
    stream = ExtensionEventStream()
    written(stream, [("half", True)])
    assert [event[0] for event in told(stream, TaskCancelled(), 1)] == ["message", "taskAborted"]
    assert [event[0] for event in told(stream, TaskCancelled(), 2)] == ["taskAborted"]


def test_what_is_the_same_for_everybody_is_made_once() -> None:
    happened = stored(TaskCancelled(), 1)
    first = ExtensionEventStream().render(happened)
    happened.body = b"{}"
    assert ExtensionEventStream().render(happened) == first == [b'["taskAborted","task-1"]']


def test_a_call_that_was_never_made_ends_as_an_error_and_not_as_done() -> None:
    drafts = PartialMessages()
    begun = {"messageId": "m", "taskId": "t", "ts": 1, "toolName": "write_to_file", "position": 0}
    [[_, first]] = drafts.write_call(begun | {"arguments": '{"path": "a.txt", "content": "x'})
    assert first["message"]["text"].startswith('{"tool":"newFileCreated"')
    [[_, last]] = drafts.discard("m")
    assert last["message"] == {
        "ts": 1,
        "type": "say",
        "say": "error",
        "text": "write_to_file: this call was not made.",
        "partial": False,
    }
