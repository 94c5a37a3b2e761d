"""The provider interface: a language model, or a playbook in its place."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from roocode_server.models.cleaning import cleaned_text
from roocode_server.models.conversation import Turn
from roocode_server.models.tool import ToolDescription


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """The base URL and key of a model's server; None means the protocol's own address."""

    base_url: str | None = None
    api_key: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRequest:
    """One request to a model: the whole conversation so far, and the tools that it may call.

    `effort` (low, medium, high) is how much a reasoning model should think; None leaves it to the model.
    """

    model: str
    system: str
    turns: Sequence[Turn]
    tools: Sequence[ToolDescription]
    max_tokens: int | None = None
    temperature: float | None = None
    effort: str | None = None
    endpoint: Endpoint = field(default_factory=Endpoint)


@dataclass(frozen=True, slots=True, kw_only=True)
class TextDelta:
    """A piece of the model's text."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasoningDelta:
    """A piece of the model's reasoning."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallDelta:
    """A piece of a call that the model is writing: `arguments` is the next part of its JSON text."""

    call_id: str
    tool_name: str
    arguments: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRequested:
    """A complete tool call."""

    call_id: str
    tool_name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """The token counts of this answer, as reported by the model's server.

    `tokens_in` includes cache reads and writes. A later `Usage` of the same answer replaces an earlier one.
    `cost` is in US dollars, if the server reports it.
    """

    tokens_in: int
    tokens_out: int
    cache_reads: int = 0
    cache_writes: int = 0
    cost: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """The last event of an answer: why it ended (`end`, `calls`, `max_tokens`, `refusal`)."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Continuation:
    """What the provider needs to get back with this turn (signed reasoning, for example); JSON-ready.

    It is stored as the turn's `continuation` and returned unchanged; other providers ignore it.
    """

    provider: str
    content: Mapping[str, Any]


ModelEvent = TextDelta | ReasoningDelta | CallDelta | CallRequested | Usage | Stopped | Continuation


class ProviderFailure(Exception):
    """The provider cannot answer: `code` is stable, the message says what to do.

    Codes: PROVIDER_UNAVAILABLE (not set up here), EXTRA_NOT_INSTALLED, PROVIDER_KEY_REFUSED, MODEL_UNKNOWN,
    REQUEST_REFUSED (the request is invalid and would be refused again), IMAGE_REFUSED (because of an image in
    it), CONTEXT_OVERFLOW (the conversation is too long for the model), RATE_LIMITED, MODEL_OVERLOADED,
    CONNECTION_BROKEN, and those of playbooks. A `retryable` failure may succeed later: after `retry_after_s`,
    if the server said so.
    """

    def __init__(
        self, code: str, message: str, *, retryable: bool = False, retry_after_s: float | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = cleaned_text(message)
        self.retryable = retryable
        self.retry_after_s = retry_after_s


class Provider(Protocol):
    """A family of models."""

    name: ClassVar[str]

    def stream(self, request: ModelRequest) -> AsyncIterator[ModelEvent]:
        """Stream the model's answer. Closing the iterator ends the request and its connection.

        Raises: ProviderFailure. It does not retry; that is the caller's decision.
        """
        ...
