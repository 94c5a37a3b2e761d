"""S2's `ClineMessage`, complete or still being written. Source: S2, `message`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from roocode_server.handlers.dialects.extension.calls import shape_of

LONGEST_DRAFT: Final = 50_000
"""The most characters of a message that are sent before it is complete."""
WORTH_TELLING: Final = 50
"""A growing message is sent again when it has grown by this fraction (1/50), because it is sent as a whole
each time.
"""


def cline_message(message: dict[str, Any], *, partial: bool = False) -> dict[str, Any]:
    """A stored message in S2's shape."""
    kept: dict[str, Any] = {
        name: message[name] for name in ("ts", "type", "ask", "say", "text") if name in message
    }
    images = {"images": message["images"]} if message.get("images") else {}
    return {**kept, **images, "partial": partial}


@dataclass(slots=True)
class PartialMessage:
    """A message that is being written, and how much of it this client has been sent."""

    task_id: str
    ts: int
    shape: Callable[[str], dict[str, Any] | None]
    """Makes a message of the text so far; None if that is not possible yet."""
    written: str = ""
    told: int = 0
    """The number of characters that the client has been sent."""
    tool_name: str | None = None
    """The tool, if it is the message of a call."""

    def message(self, *, partial: bool) -> dict[str, Any] | None:
        """The message as it stands; None while it has no content to show."""
        shaped = self.shape(self.written)
        return None if shaped is None else {"ts": self.ts, **shaped, "partial": partial}

    def abandoned(self) -> dict[str, Any] | None:
        """The last update of a message that will not be completed."""
        if self.tool_name is None:
            return self.message(partial=False)
        text = f"{self.tool_name}: this call was not made."
        return {"ts": self.ts, "type": "say", "say": "error", "text": text, "partial": False}


class PartialMessages:
    """The messages that one client has seen begin but not end."""

    def __init__(self) -> None:
        self._drafts: dict[str, PartialMessage] = {}

    def write(self, content: dict[str, Any]) -> list[list[Any]]:
        """Handle `message.delta`. A client that missed a piece gets the message when it is complete."""
        say = content["say"]
        return self._grow(content, content["text"], lambda text: {"type": "say", "say": say, "text": text})

    def write_call(self, content: dict[str, Any]) -> list[list[Any]]:
        """Handle `call.delta`: the message of the call grows."""
        tool_name = content["toolName"]
        return self._grow(content, content["arguments"], shape_of(tool_name), tool_name)

    def _grow(
        self,
        content: dict[str, Any],
        piece: str,
        shape: Callable[[str], dict[str, Any] | None],
        tool_name: str | None = None,
    ) -> list[list[Any]]:
        name, position = content["messageId"], content["position"]
        if position == 0 and name not in self._drafts:
            self._drafts[name] = PartialMessage(content["taskId"], content["ts"], shape, tool_name=tool_name)
        draft = self._drafts.get(name)
        if draft is None or position != len(draft.written) or position > LONGEST_DRAFT:
            return []
        draft.written += piece
        if len(draft.written) - draft.told <= draft.told // WORTH_TELLING:
            return []
        message = draft.message(partial=True)
        if message is None:
            return []
        action = "updated" if draft.told else "created"
        draft.told = len(draft.written)
        return [_told(draft.task_id, action, message)]

    def complete(self, message: dict[str, Any]) -> str:
        """The action for a complete message: `created`, or `updated` if its beginning was sent already."""
        draft = self._drafts.pop(message["id"], None)
        return "updated" if draft is not None and draft.told and draft.ts == message["ts"] else "created"

    @property
    def is_empty(self) -> bool:
        """Whether no message is being written."""
        return not self._drafts

    def discard(self, message_id: str) -> list[list[Any]]:
        """Handle `message.discarded`: the client gets the message once more as it stands."""
        draft = self._drafts.pop(message_id, None)
        message = draft.abandoned() if draft is not None and draft.told else None
        return [] if draft is None or message is None else [_told(draft.task_id, "updated", message)]

    def end(self, task_id: str | None) -> list[list[Any]]:
        """Handle the end of a task: its unfinished messages are sent once more as they stand."""
        left = [name for name, draft in self._drafts.items() if draft.task_id == task_id]
        return [told for name in left for told in self.discard(name)]


def _told(task_id: str, action: str, message: dict[str, Any]) -> list[Any]:
    return ["message", {"taskId": task_id, "action": action, "message": message}]


def complete_message(content: dict[str, Any], action: str) -> list[Any]:
    """A `message.created` in S2's form."""
    return _told(content["taskId"], action, cline_message(content["message"]))
