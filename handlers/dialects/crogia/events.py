"""The events of S3's WebSocket: six types, each one JSON object. Source: S3, "WebSocket Interface"."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import orjson

from models.event import StoredEvent
from models.task import (
    MessageCreated,
    MessageDelta,
    TaskCancelled,
    TaskCompleted,
    TaskFailed,
    TaskStarted,
    ToolStarted,
)
from models.tool import ToolCompleted

_TEXTS: Final = frozenset({MessageDelta.name, MessageCreated.name})
SAID_BY_THE_AGENT: Final = frozenset({"text", "completion_result"})


class EventStream:
    """What one connection is told.

    A message reaches it whole by its `text_delta`s: piece by piece while it is written, and what the client
    has not had of it (because it came later, or was slow) when the message is complete.
    """

    def __init__(self) -> None:
        self._told: dict[str, int] = {}

    def render(self, stored: StoredEvent) -> bytes | None:
        """The event in S3's words; None for one that S3 does not know."""
        if stored.type not in _WORDS and stored.type not in _TEXTS:
            return None
        content = orjson.loads(stored.body)
        said = self._text_of(stored.type, content) or _WORDS.get(stored.type, _nothing)(content)
        return orjson.dumps({**said, "timestamp": content["timestamp"]}) if said else None

    def _text_of(self, event_type: str, content: dict[str, Any]) -> dict[str, Any]:
        if event_type == MessageDelta.name:
            name, text = content["messageId"], content["text"]
            self._told[name] = self._told.get(name, 0) + len(text)
            return {"type": "text_delta", "content": text}
        if event_type == MessageCreated.name:
            message = content["message"]
            rest = (message.get("text") or "")[self._told.pop(message["id"], 0) :]
            if rest and message.get("say") in SAID_BY_THE_AGENT:
                return {"type": "text_delta", "content": rest}
        return {}


def _nothing(content: dict[str, Any]) -> dict[str, Any]:
    return {}


def _task(event_type: str, content: dict[str, Any]) -> dict[str, Any]:
    return {"type": event_type, "session_id": content["sessionId"], "task": content["input"]}


_WORDS: Final[dict[str, Callable[[dict[str, Any]], dict[str, Any]]]] = {
    TaskStarted.name: lambda content: _task("task_started", content),
    TaskCompleted.name: lambda content: _task("task_completed", content),
    TaskFailed.name: lambda content: {"type": "error", "message": content["error"]["message"]},
    TaskCancelled.name: lambda content: {"type": "error", "message": "The task was cancelled"},
    ToolStarted.name: lambda content: {
        "type": "tool_call",
        "tool_name": content["toolName"],
        "arguments": content["parameters"],
    },
    ToolCompleted.name: lambda content: {"type": "tool_complete"},
}
