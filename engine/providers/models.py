"""What is known about language models: context window, image input, and prices."""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

from roocode_server.engine.providers.provider import Usage

PRICED_TOKENS: Final = 1_000_000
"""Prices are in US dollars per this many tokens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFacts:
    """Facts about one model; prices are in US dollars per million tokens."""

    context_window: int
    max_output: int
    takes_images: bool
    price_in: float
    price_out: float
    price_cache_read: float
    price_cache_write: float

    def cost(self, usage: Usage) -> float:
        """Return the cost of an answer in US dollars: as reported by the server, or else computed from the
        prices.
        """
        if usage.cost is not None:
            return usage.cost
        plain = usage.tokens_in - usage.cache_reads - usage.cache_writes
        return (
            plain * self.price_in
            + usage.cache_reads * self.price_cache_read
            + usage.cache_writes * self.price_cache_write
            + usage.tokens_out * self.price_out
        ) / PRICED_TOKENS

    def knows_cost(self, usage: Usage) -> bool:
        """Whether `cost` is what the answer costs, not 0 for want of a price."""
        return usage.cost is not None or self is not UNKNOWN


UNKNOWN: Final = ModelFacts(
    context_window=128_000,
    max_output=8_192,
    takes_images=True,
    price_in=0,
    price_out=0,
    price_cache_read=0,
    price_cache_write=0,
)
"""The assumptions about a model that is not in the table; its price is unknown and counts as zero."""


def facts_of(model: str) -> ModelFacts:
    """Return the facts about a model; the longest known name that its name begins with applies.

    A vendor prefix (`anthropic/claude-…`, as on OpenRouter) is ignored.
    """
    name = model.rpartition("/")[2].lower()
    known = _table()
    fitting = [each for each in known if name.startswith(each)]
    return known[max(fitting, key=len)] if fitting else UNKNOWN


@functools.cache
def _table() -> dict[str, ModelFacts]:
    content = json.loads(files(__package__).joinpath("models.json").read_text())
    return {name: ModelFacts(**facts) for name, facts in content.items()}
