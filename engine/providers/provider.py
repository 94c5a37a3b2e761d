"""The provider interface: a language model, or a playbook that stands in its place."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from roocode_server.models.cleaning import cleaned_text
from roocode_server.models.conversation import Turn
from roocode_server.models.tool import ToolDescription


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where a provider's model is served and the key that opens it; None: the protocol's own address."""

    base_url: str | None = None
    api_key: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRequest:
    """One question to a model: the whole conversation so far and what it may call.

    `effort` asks a model that can reason to do so (low, medium, high); None leaves it to the model.
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
    """A piece of what the model says."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasoningDelta:
    """A piece of what the model thinks before it says something."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallDelta:
    """A piece of a call that the model is writing: `arguments` is the next part of its JSON text."""

    call_id: str
    tool_name: str
    arguments: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRequested:
    """The model wants a tool to be run; complete with its arguments."""

    call_id: str
    tool_name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens of this one answer, as the server of the model counts them.

    `tokens_in` has what was read from the cache and written to it within it. A later `Usage` of the same
    answer replaces an earlier one. `cost` is in US dollars where the server itself says it.
    """

    tokens_in: int
    tokens_out: int
    cache_reads: int = 0
    cache_writes: int = 0
    cost: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """Why the answer ended: `end`, `calls`, `max_tokens`, `refusal`. The last event of an answer."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Continuation:
    """What the provider wants to see again with this turn (signed reasoning and the like); JSON-ready.

    It is stored as the turn's `continuation` and handed back as it is; no other provider looks at it.
    """

    provider: str
    content: Mapping[str, Any]


ModelEvent = TextDelta | ReasoningDelta | CallDelta | CallRequested | Usage | Stopped | Continuation


class ProviderFailure(Exception):
    """The provider cannot answer: `code` is stable, the message says what to do.

    Codes: PROVIDER_UNAVAILABLE (not set up here), EXTRA_NOT_INSTALLED, PROVIDER_KEY_REFUSED, MODEL_UNKNOWN,
    REQUEST_REFUSED (the request itself is wrong: it would be refused again), IMAGE_REFUSED (for an image in
    it), CONTEXT_OVERFLOW (the conversation is too long for the model), RATE_LIMITED, MODEL_OVERLOADED,
    CONNECTION_BROKEN, and those of playbooks. A `retryable` one may go better later: after `retry_after_s`,
    where the server said so.
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
        """The model's answer, piece by piece. Closing the iterator ends the request and its connection.

        Raises: ProviderFailure. It retries nothing: whoever asks decides about that.
        """
        ...
