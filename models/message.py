"""Messages of tasks, for people. Source: S2, `ClineMessage`, and the values of `ask` and `say`."""

from __future__ import annotations

import datetime
import enum
from dataclasses import field
from typing import Final

from roocode_server.models.identifier import MessageId, TaskId
from roocode_server.models.shape import Shape, value

SAID_BY_A_PERSON: Final = "user_feedback"
"""The `say` of what a person says, or is taken to have said."""


class MessageType(enum.StrEnum):
    """Whether a message wants an answer (`ask`) or not (`say`)."""

    ASK = "ask"
    SAY = "say"


class Author(enum.StrEnum):
    """Who wrote a message: the agent (or the server on its behalf), or a person."""

    AGENT = "agent"
    PERSON = "person"


@value
class Message(Shape):
    """A message: the agent says or asks something, or a person says something (`say: user_feedback`).

    `ts` is milliseconds since 1970, as in S2; it increases within a task and identifies the message there.
    """

    id: MessageId
    task_id: TaskId
    ts: int
    type: MessageType
    ask: str | None = None
    say: str | None = None
    text: str | None = None
    images: list[str] = field(default_factory=list)
    created_at: datetime.datetime
