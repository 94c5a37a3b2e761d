"""Delays between attempts grow, vary, and have a maximum."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from roocode_server.engine.webhooks.backoff import delay_s


@given(st.integers(1, 10_000))
def test_a_rest_is_at_least_half_of_what_is_doubled_each_time_and_never_over_the_longest(count: int) -> None:
    full_s = min(5.0 * 2.0 ** min(count - 1, 60), 3600.0)
    assert full_s / 2 <= delay_s(count, first_s=5.0, longest_s=3600.0) <= full_s


def test_two_receivers_that_fell_together_are_not_asked_together() -> None:
    assert len({delay_s(4, first_s=5.0, longest_s=3600.0) for _ in range(20)}) > 1


def test_what_a_receiver_asks_for_is_heeded_up_to_the_longest_rest() -> None:
    assert delay_s(1, first_s=5.0, longest_s=3600.0, asked_s=120.0) == 120.0
    assert delay_s(1, first_s=5.0, longest_s=3600.0, asked_s=1e9) == 3600.0
