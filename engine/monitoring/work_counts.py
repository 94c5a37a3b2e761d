"""What the engine has done since its start, counted where it is done."""

from __future__ import annotations

from collections import Counter, defaultdict

from roocode_server.engine.providers.provider import Usage

SUCCESS = "success"
FAILURE = "failure"


class ModelCounts:
    """Requests to models, tokens and cost, by provider. No model, user or session is named."""

    def __init__(self) -> None:
        self.requests: Counter[tuple[str, str]] = Counter()
        """By provider and outcome: `success`, or the failure's code."""
        self.tokens: Counter[tuple[str, str]] = Counter()
        """By provider and kind: `input`, `output`, `cache_read`, `cache_write`."""
        self.cost_usd: defaultdict[str, float] = defaultdict(float)

    def succeeded(self, provider: str, usage: Usage, cost_usd: float) -> None:
        """Count a reply."""
        self.requests[provider, SUCCESS] += 1
        self.tokens[provider, "input"] += usage.tokens_in
        self.tokens[provider, "output"] += usage.tokens_out
        self.tokens[provider, "cache_read"] += usage.cache_reads
        self.tokens[provider, "cache_write"] += usage.cache_writes
        self.cost_usd[provider] += cost_usd

    def failed(self, provider: str, code: str) -> None:
        """Count a request without a reply."""
        self.requests[provider, code] += 1


class CommandCounts:
    """Commands that have ended, by outcome: `success`, `failure`, or the limit that ended them."""

    def __init__(self) -> None:
        self.outcomes: Counter[str] = Counter()

    def count(self, code: int, stopped_by: str | None) -> None:
        """Count a command that has ended."""
        self.outcomes[stopped_by or (FAILURE if code else SUCCESS)] += 1


class RetentionCounts:
    """Sessions that were deleted because nothing had happened in them for too long, by rule."""

    def __init__(self) -> None:
        self.sessions: Counter[str] = Counter()

    def count(self, rule: str) -> None:
        """Count a session that has been deleted."""
        self.sessions[rule] += 1
