"""The provider interface: a language model, or a playbook that stands in its place."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from models.conversation import Turn
from models.tool import ToolDescription


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRequest:
    """One question to a model: the whole conversation so far and what it may call."""

    model: str
    system: str
    turns: Sequence[Turn]
    tools: Sequence[ToolDescription]
    max_tokens: int | None = None
    temperature: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TextDelta:
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRequested:
    """The model wants a tool to be run; complete with its arguments."""

    call_id: str
    tool_name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens of this one answer."""

    tokens_in: int
    tokens_out: int


ModelEvent = TextDelta | CallRequested | Usage


class ProviderFailure(Exception):
    """The provider cannot answer: `code` is stable, the message says what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Provider(Protocol):
    """A family of models."""

    name: ClassVar[str]

    def stream(self, request: ModelRequest) -> AsyncIterator[ModelEvent]:
        """The model's answer, piece by piece. Closing the iterator ends the request.

        Raises: ProviderFailure.
        """
        ...
