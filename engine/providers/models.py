"""What is known of language models: their context window, what they take, and their prices."""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

from roocode_server.engine.providers.provider import Usage

PER: Final = 1_000_000
"""Prices are in US dollars for this many tokens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFacts:
    """One model; prices are in US dollars for a million tokens."""

    context_window: int
    max_output: int
    takes_images: bool
    price_in: float
    price_out: float
    price_cache_read: float
    price_cache_write: float

    def cost(self, usage: Usage) -> float:
        """What an answer cost, in US dollars: what the server said, else by the prices."""
        if usage.cost is not None:
            return usage.cost
        plain = usage.tokens_in - usage.cache_reads - usage.cache_writes
        return (
            plain * self.price_in
            + usage.cache_reads * self.price_cache_read
            + usage.cache_writes * self.price_cache_write
            + usage.tokens_out * self.price_out
        ) / PER


UNKNOWN: Final = ModelFacts(
    context_window=128_000,
    max_output=8_192,
    takes_images=True,
    price_in=0,
    price_out=0,
    price_cache_read=0,
    price_cache_write=0,
)
"""What is assumed of a model that the table does not name; it costs nothing that we could know of."""


def facts_of(model: str) -> ModelFacts:
    """The facts of a model by its name; dated and suffixed names find the longest name that begins them.

    Addresses with a vendor (`anthropic/claude-…`, as OpenRouter has them) are found by the model's own name.
    """
    name = model.rpartition("/")[2].lower()
    known = _table()
    fitting = [each for each in known if name.startswith(each)]
    return known[max(fitting, key=len)] if fitting else UNKNOWN


@functools.cache
def _table() -> dict[str, ModelFacts]:
    content = json.loads(files(__package__).joinpath("models.json").read_text())
    return {name: ModelFacts(**facts) for name, facts in content.items()}
