"""What is known about models: every entry is complete, and names are found as servers write them."""

from __future__ import annotations

import json
from importlib.resources import files

import pytest

import roocode_server.engine.providers
from roocode_server.engine.providers.models import UNKNOWN, facts_of
from roocode_server.engine.providers.provider import Usage
from roocode_server.engine.providers.vendors import VENDORS, Vendor

NAMES = list(json.loads(files(roocode_server.engine.providers).joinpath("models.json").read_text()))


@pytest.mark.parametrize("name", NAMES)
def test_every_entry_makes_sense(name: str) -> None:
    facts = facts_of(name)
    assert facts is not UNKNOWN
    assert 0 < facts.max_output < facts.context_window
    assert 0 < facts.price_cache_read <= facts.price_in < facts.price_out
    assert name == name.lower()


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("claude-sonnet-4-5-20250929", "claude-sonnet-4"),
        ("anthropic/claude-opus-4-5", "claude-opus-4-5"),
        ("claude-opus-4-1-20250805", "claude-opus-4"),
        ("gpt-5-mini-2025-08-07", "gpt-5-mini"),
        ("openai/gpt-5", "gpt-5"),
        ("GPT-4o-2024-11-20", "gpt-4o"),
        ("o1-2024-12-17", "o1"),
        ("models/gemini-2.5-flash-preview-09-2025", "gemini-2.5-flash"),
        ("gemini-2.5-flash-lite", "gemini-2.5-flash-lite"),
    ],
)
def test_a_name_is_found_with_its_date_its_suffix_and_its_vendor(written: str, name: str) -> None:
    assert facts_of(written) is facts_of(name)


@pytest.mark.parametrize("name", ["qwen3", "", "my-gpt-5", "gpt"])
def test_what_is_not_known_costs_nothing_that_could_be_known(name: str) -> None:
    assert facts_of(name) is UNKNOWN
    assert facts_of(name).cost(Usage(tokens_in=1000, tokens_out=1000)) == 0


@pytest.mark.parametrize("vendor", VENDORS.values(), ids=VENDORS)
def test_the_default_of_every_vendor_is_known(vendor: Vendor) -> None:
    assert facts_of(vendor.default_model) is not UNKNOWN


def test_what_came_from_the_cache_is_cheaper() -> None:
    usage = Usage(tokens_in=1_000_000, tokens_out=100_000, cache_reads=900_000)
    assert facts_of("gpt-5").cost(usage) == pytest.approx(0.1 * 1.25 + 0.9 * 0.125 + 0.1 * 10)


def test_the_servers_own_price_beats_the_table() -> None:
    assert facts_of("gpt-5").cost(Usage(tokens_in=10, tokens_out=10, cost=0.5)) == 0.5
