"""What a task has used: tokens, money and tools. Source: S2, `TokenUsage` and `ToolUsage`."""

from __future__ import annotations

from roocode_server.models.event import Event, event
from roocode_server.models.shape import Shape, value


@value
class TokenUsage(Shape):
    """Tokens of a task's requests; cost in US dollars; `contextTokens` is input and output of the last
    request.
    """

    total_tokens_in: int = 0
    total_tokens_out: int = 0
    total_cache_writes: int = 0
    total_cache_reads: int = 0
    total_cost: float = 0.0
    context_tokens: int = 0


@value
class ToolUse(Shape):
    """How often a tool was tried and how often it failed; a person's refusal is not a failure."""

    attempts: int = 0
    failures: int = 0


@event("usage.updated", namespace="/tasks")
@value
class UsageUpdated(Event):
    """A request has been answered or a tool has been used. Source: S2, `taskTokenUsageUpdated`."""

    usage: TokenUsage
    tool_usage: dict[str, ToolUse]
