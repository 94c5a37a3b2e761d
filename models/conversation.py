"""The conversation between the engine and a model, as it is stored and passed to every provider."""

from __future__ import annotations

import enum
from dataclasses import field
from typing import Any

from roocode_server.models.identifier import CallId, MessageId
from roocode_server.models.shape import Shape, value


class TurnRole(enum.StrEnum):
    """Who speaks in a turn: the user, the model, or a tool with its result."""

    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"


class Background(enum.StrEnum):
    """The stage of a background command that a turn reports."""

    STARTED = "started"
    PRINTED = "printed"
    ENDED = "ended"


@value
class ToolCall(Shape):
    """A call requested by the model."""

    id: CallId
    tool_name: str
    arguments: dict[str, Any]


@value
class Turn(Shape):
    """One step of the conversation.

    A user's turn has text and images; the assistant's has text and tool calls; a tool's turn answers one
    call: `call_id`, `success`, and its text. `interrupted` marks a call that has no outcome because work on
    the task stopped. `message_id` is the person's message that the turn passes on. `reasoning` is the
    assistant's reasoning, `continuation` what its provider needs back (`{"provider": …, "content": {…}}`).
    `background` marks turns about a background command: the answer to its call, and later reports. A turn
    with `is_summary` replaces everything before it in what models are shown. `stopped` is why the assistant's
    turn ended: `end`, `calls`, `max_tokens`, `refusal`. `begins_turn` is the number of the task's turn that
    begins with it.
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
    begins_turn: int | None = None
