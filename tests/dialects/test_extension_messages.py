"""Messages that grow: what one client is told of them, whatever it missed."""

from __future__ import annotations

from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from handlers.dialects.extension.events import EventStream
from models.clock import now
from models.event import Event, Seal, StoredEvent
from models.identifier import MessageId, SessionId, TaskId
from models.message import Message, MessageType
from models.task import MessageCreated, MessageDelta, MessageDiscarded, TaskCancelled

SESSION, TASK, MESSAGE = SessionId("session-1"), TaskId("task-1"), MessageId("message-1")
TS = 1_700_000_000_000
PIECES = st.lists(st.tuples(st.text(min_size=1, max_size=40), st.booleans()), max_size=60)
"""Pieces of a text, and whether each reaches the client."""


def stored(happened: Event, seq: int = 0) -> StoredEvent:
    return Seal(now())(happened, seq, SESSION, TASK)


def told(stream: EventStream, happened: Event, seq: int = 0) -> list[Any]:
    return [orjson.loads(each) for each in stream.render(stored(happened, seq))]


def complete(text: str) -> MessageCreated:
    message = Message(
        id=MESSAGE, task_id=TASK, ts=TS, type=MessageType.SAY, say="text", text=text, created_at=now()
    )
    return MessageCreated(message=message)


def written(stream: EventStream, pieces: list[tuple[str, bool]]) -> list[Any]:
    position, seen = 0, []
    for text, arrives in pieces:
        piece = MessageDelta(message_id=MESSAGE, text=text, ts=TS, position=position)
        position += len(text)
        if arrives:
            seen += told(stream, piece)
    return [event[1] for event in seen]


@given(pieces=PIECES)
def test_a_message_is_told_whole_once_whatever_pieces_are_missed(pieces: list[tuple[str, bool]]) -> None:
    stream, whole = EventStream(), "".join(text for text, _ in pieces)
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
    growing = written(EventStream(), [("word ", True)] * count)
    characters = sum(len(each["message"]["text"]) for each in growing)
    assert characters <= 60 * 5 * count + 5 * 60 * 60


def test_a_message_that_is_taken_back_is_told_as_it_stood() -> None:
    stream = EventStream()
    written(stream, [("half", True)])
    [[_, last]] = told(stream, MessageDiscarded(message_id=MESSAGE, ts=TS))
    assert (last["action"], last["message"]["text"], last["message"]["partial"]) == ("updated", "half", False)
    assert told(stream, MessageDiscarded(message_id=MESSAGE, ts=TS)) == []


def test_a_task_that_ends_leaves_no_message_growing() -> None:
    stream = EventStream()
    written(stream, [("half", True)])
    assert [event[0] for event in told(stream, TaskCancelled(), 1)] == ["message", "taskAborted"]
    assert [event[0] for event in told(stream, TaskCancelled(), 2)] == ["taskAborted"]


def test_what_is_the_same_for_everybody_is_made_once() -> None:
    happened = stored(TaskCancelled(), 1)
    first = EventStream().render(happened)
    happened.body = b"{}"
    assert EventStream().render(happened) == first == [b'["taskAborted","task-1"]']
