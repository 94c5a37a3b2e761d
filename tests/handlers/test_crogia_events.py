"""S3's event stream: complete messages whenever a client joins, and completions that stop no client too
early.
"""

from __future__ import annotations

from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from roocode_server.handlers.dialects.crogia.events import CrogiaEventStream
from roocode_server.handlers.dialects.crogia.texts import MessageTexts
from roocode_server.models.event import StoredEvent
from roocode_server.models.identifier import SessionId

TIME = "2026-01-01T00:00:00.000Z"


def stored(event_type: str, **content: Any) -> StoredEvent:
    body = {"type": event_type, "sessionId": "session-1", "timestamp": TIME, **content}
    session_id = SessionId("session-1")
    return StoredEvent(1, event_type, session_id, task_id=None, time_ms=0, body=orjson.dumps(body))


def types(stream: CrogiaEventStream, *events: StoredEvent) -> list[str]:
    return [orjson.loads(said)["type"] for event in events for said in stream.render(event)]


def created(task: str) -> StoredEvent:
    return stored("task.created", taskId=task, task={"id": task})


def completed(task: str, *, subtask: bool = False) -> StoredEvent:
    return stored("task.completed", taskId=task, input=task, isSubtask=subtask)


@given(
    pieces=st.lists(st.text(min_size=1, max_size=5), min_size=1, max_size=8),
    heard=st.sets(st.integers(0, 7)),
)
def test_a_message_arrives_whole_and_once_whatever_pieces_were_missed(
    pieces: list[str], heard: set[int]
) -> None:
    texts, position, told = MessageTexts(), 0, ""
    for number, piece in enumerate(pieces):
        if number in heard:
            told += texts.piece("m", position, piece)
        position += len(piece)
    assert told + texts.rest("m", "".join(pieces)) == "".join(pieces)


def test_a_message_that_is_given_up_leaves_nothing_behind() -> None:
    texts = MessageTexts()
    texts.piece("m", 0, "half")
    texts.forget("m")
    assert texts.rest("m", "another") == "another"


def test_a_task_that_was_there_before_does_not_end_a_client_that_gave_another() -> None:
    stream = CrogiaEventStream(is_new=True)
    assert types(stream, created("mine"), completed("first")) == []
    assert not stream.holds
    assert types(stream, completed("mine")) == ["task_completed"]
    assert stream.holds
    assert [orjson.loads(said)["task"] for said in stream.release()] == ["first"]


def test_a_task_that_was_there_before_is_told_when_none_follows() -> None:
    stream = CrogiaEventStream(is_new=True)
    assert types(stream, completed("first")) == []
    assert stream.holds and len(stream.release()) == 1
    assert not stream.holds


def test_a_later_task_that_fails_holds_nothing_back_any_more() -> None:
    stream = CrogiaEventStream(is_new=True)
    failed = stored("task.failed", taskId="mine", error={"message": "No model"})
    assert types(stream, created("mine"), completed("first"), failed) == ["error"]
    assert stream.holds


def test_who_resumes_is_told_in_the_order_of_the_log() -> None:
    stream = CrogiaEventStream(is_new=False)
    assert types(stream, created("second"), completed("first"), completed("second")) == [
        "task_completed",
        "task_completed",
    ]


def test_a_subtask_is_no_task_of_the_clients() -> None:
    stream = CrogiaEventStream(is_new=True)
    child = stored("task.created", taskId="child", task={"id": "child", "parentId": "mine"})
    begun = stored("task.started", taskId="child", input="child")
    told = types(stream, created("mine"), child, begun, completed("child", subtask=True), completed("mine"))
    assert told == ["task_completed"]


def test_every_call_is_told_complete_once() -> None:
    stream = CrogiaEventStream(is_new=True)
    begun = stored("tool.started", taskId="mine", callId="c", toolName="read_file", parameters={})
    ran = stored("tool.completed", taskId="mine", callId="c")
    failed = stored("tool.failed", taskId="mine", callId="c", error="no")
    assert types(stream, begun, ran, failed) == ["tool_call", "tool_complete"]
    assert types(stream, begun, failed) == ["tool_call", "tool_complete"]
    assert types(stream, failed) == []


def test_a_completion_is_held_back_while_a_task_that_was_retried_is_unfinished() -> None:
    stream = CrogiaEventStream(is_new=True)
    assert types(stream, stored("task.retried", taskId="two", retryCount=1)) == []
    assert types(stream, completed("one")) == []
    assert not stream.holds
    assert types(stream, completed("two")) == ["task_completed"]
    assert stream.holds


def test_calls_of_two_tasks_with_the_same_id_end_by_themselves() -> None:
    stream = CrogiaEventStream(is_new=True)
    begun = [stored("tool.started", taskId=task, callId="c", toolName="t", parameters={}) for task in "ab"]
    ended = [stored("tool.failed", taskId=task, callId="c", code="TOOL_FAILED") for task in "ab"]
    assert types(stream, *begun, *ended) == ["tool_call", "tool_call", "tool_complete", "tool_complete"]
