"""The conversation between the engine and a model: what is stored, and what every provider is given."""

from __future__ import annotations

import enum
from dataclasses import field
from typing import Any

from roocode_server.models.identifier import CallId, MessageId
from roocode_server.models.shape import Shape, value


class TurnRole(enum.StrEnum):
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"


class Background(enum.StrEnum):
    """How far a command in the background has come."""

    STARTED = "started"
    PRINTED = "printed"
    ENDED = "ended"


@value
class ToolCall(Shape):
    """A call that the model asked for."""

    id: CallId
    tool_name: str
    arguments: dict[str, Any]


@value
class Turn(Shape):
    """One step of the conversation.

    A user's turn has text and images; the assistant's has text and tool calls; a tool's turn answers one
    call: `call_id`, whether it went well, and its text. `interrupted` marks a call whose outcome a stop of
    the server hid. `message_id` names the person's message that the turn hands on. `reasoning` is what the
    assistant thought, `continuation` what its provider wants back (`{"provider": …, "content": {…}}`).
    `background` marks what is told of a command that nobody waits for: the answer to its call, and the
    user's turns after it. A turn with `is_summary` stands for everything before it: models are shown what
    begins with it. `stopped` is why the assistant's ended: `end`, `calls`, `max_tokens`, `refusal`.
    """

    role: TurnRole
    text: str = ""
    images: list[str] = field(default_factory=list)
    calls: list[ToolCall] = field(default_factory=list)
    call_id: CallId | None = None
    success: bool = True
    interrupted: bool = False
    exit_code: int | None = None
    background: Background | None = None
    message_id: MessageId | None = None
    reasoning: str = ""
    continuation: dict[str, Any] | None = None
    is_summary: bool = False
    stopped: str = "end"
