"""What a task has used: tokens, money and tools. Source: S2, `TokenUsage` and `ToolUsage`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field

from roocode_server.models.event import Event, event
from roocode_server.models.shape import Shape, described, value


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
    total_requests: int = field(
        default=0, metadata=described("Requests to models, also those that failed or made a summary")
    )
    context_tokens: int = 0


def total(usages: Iterable[TokenUsage]) -> TokenUsage:
    """Return the sum of what several tasks have used; they have no context in common."""
    each = list(usages)
    return TokenUsage(
        total_tokens_in=sum(one.total_tokens_in for one in each),
        total_tokens_out=sum(one.total_tokens_out for one in each),
        total_cache_writes=sum(one.total_cache_writes for one in each),
        total_cache_reads=sum(one.total_cache_reads for one in each),
        total_cost=sum(one.total_cost for one in each),
        total_requests=sum(one.total_requests for one in each),
    )


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
