"""The events of S3's WebSocket: six types, each one JSON object. Source: S3, "WebSocket Interface"."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import orjson

from roocode_server.handlers.dialects.crogia.texts import MessageTexts
from roocode_server.models.approval import ApprovalRequired
from roocode_server.models.event import StoredEvent
from roocode_server.models.message import Author
from roocode_server.models.task import (
    CallFailure,
    MessageCreated,
    MessageDelta,
    MessageDiscarded,
    TaskCancelled,
    TaskCompleted,
    TaskCreatedEvent,
    TaskFailed,
    TaskInteractive,
    TaskReopened,
    TaskRetried,
    TaskStarted,
    ToolFailed,
    ToolStarted,
)
from roocode_server.models.tool import ToolCompleted

Content = dict[str, Any]
Said = list[Content]

SAID_BY_THE_AGENT: Final = frozenset({"text", "completion_result"})
BESIDE: Final = (None, CallFailure.TOOL_FAILED)
"""The codes of failures beside a result; there was none in the logs of earlier versions."""
ELSEWHERE: Final = "answer it over Socket.IO, below /api/v1, or on the dashboard"


class CrogiaEventStream:
    """Translates a session's events for one connection.

    The document's client connects, gives a task and leaves at the first `task_completed`. A task that was
    already there (the one that opened the session) must not end it. So, if the connection `is_new`, the
    completion of an earlier task is held back while a later one is unfinished. `holds` is true once held
    completions may be sent; `release` is called when the session has been quiet for a moment.
    """

    def __init__(self, *, is_new: bool) -> None:
        self._is_new = is_new
        self._texts = MessageTexts()
        self._later: set[str] = set()
        self._unfinished: set[str] = set()
        self._subtasks: set[str] = set()
        self._calls: set[tuple[str | None, str]] = set()
        self._held: list[bytes] = []
        self._tellers: dict[str, Callable[[Content], Said]] = {
            TaskCreatedEvent.name: self._created,
            TaskRetried.name: self._queued_again,
            TaskReopened.name: self._queued_again,
            TaskStarted.name: self._started,
            TaskCompleted.name: self._completed,
            TaskFailed.name: lambda content: self._ended(content, content["error"]["message"]),
            TaskCancelled.name: lambda content: self._ended(content, "The task was cancelled"),
            TaskInteractive.name: _question,
            ApprovalRequired.name: _approval,
            MessageDelta.name: self._delta,
            MessageCreated.name: self._message,
            MessageDiscarded.name: self._discarded,
            ToolStarted.name: self._call,
            ToolCompleted.name: self._answered,
            ToolFailed.name: self._answered,
        }

    def render(self, stored: StoredEvent) -> Sequence[bytes]:
        """The event in S3's words; nothing if S3 does not know it or if it is held back."""
        tell = self._tellers.get(stored.type)
        if tell is None:
            return ()
        content = orjson.loads(stored.body)
        timestamp = content["timestamp"]
        said = [orjson.dumps({**each, "timestamp": timestamp}) for each in tell(content)]
        if stored.type == TaskCompleted.name and self._is_new and content["taskId"] not in self._later:
            self._held += said
            return ()
        return said

    @property
    def holds(self) -> bool:
        """Whether completions are held back that may now be sent."""
        return bool(self._held) and not self._unfinished

    def release(self) -> Sequence[bytes]:
        """The messages that were held back."""
        held, self._held = self._held, []
        return held

    def _created(self, content: Content) -> Said:
        task = content["task"]
        if task.get("parentId") is not None:
            self._subtasks.add(task["id"])
        else:
            self._later.add(task["id"])
            self._unfinished.add(task["id"])
        return []

    def _queued_again(self, content: Content) -> Said:
        self._later.add(content["taskId"])
        self._unfinished.add(content["taskId"])
        return []

    def _started(self, content: Content) -> Said:
        return [] if content["taskId"] in self._subtasks else [_task("task_started", content)]

    def _completed(self, content: Content) -> Said:
        self._unfinished.discard(content["taskId"])
        return [] if content["isSubtask"] else [_task("task_completed", content)]

    def _ended(self, content: Content, reason: str) -> Said:
        self._unfinished.discard(content["taskId"])
        return [] if content["taskId"] in self._subtasks else [_error(reason)]

    def _delta(self, content: Content) -> Said:
        is_the_agents = content.get("say") in SAID_BY_THE_AGENT
        text = self._texts.piece(content["messageId"], content["position"], content["text"])
        return _text(text if is_the_agents else "")

    def _message(self, content: Content) -> Said:
        message = content["message"]
        rest = self._texts.rest(message["id"], message.get("text") or "")
        is_the_agents = message.get("say") in SAID_BY_THE_AGENT and content.get("author") != Author.PERSON
        return _text(rest if is_the_agents else "")

    def _discarded(self, content: Content) -> Said:
        self._texts.forget(content["messageId"])
        return []

    def _call(self, content: Content) -> Said:
        self._calls.add(_call_key(content))
        return [{"type": "tool_call", "tool_name": content["toolName"], "arguments": content["parameters"]}]

    def _answered(self, content: Content) -> Said:
        """A failed call also ends with `tool_complete`.

        A call that ran is reported by two events; the code says which of them this is if the connection has
        not seen its beginning.
        """
        is_open = _call_key(content) in self._calls
        self._calls.discard(_call_key(content))
        beside = content["type"] == ToolFailed.name and content.get("code") in BESIDE
        return [{"type": "tool_complete"}] if is_open or not beside else []


def _call_key(content: Content) -> tuple[str | None, str]:
    """Ids of calls are unique within their task; those of direct calls have none."""
    return content.get("taskId"), content["callId"]


def _task(event_type: str, content: Content) -> Content:
    return {"type": event_type, "session_id": content["sessionId"], "task": content["input"]}


def _error(message: str) -> Content:
    return {"type": "error", "message": message}


def _text(content: str) -> Said:
    return [{"type": "text_delta", "content": content}] if content else []


def _question(content: Content) -> Said:
    """A question of the agent, which S3 has no way to answer."""
    question = content.get("question")
    return [_error(f"The agent asks: {question} ({ELSEWHERE})")] if question else []


def _approval(content: Content) -> Said:
    """S3 has no approvals; in an unattended session they are refused at once."""
    if content["expiresAt"] <= content["timestamp"]:
        return [_error(f"Not allowed in this session: {content['description']}")]
    return [_error(f"The task waits for an approval: {content['description']} ({ELSEWHERE})")]
