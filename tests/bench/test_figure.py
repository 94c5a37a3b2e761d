"""How the benchmarks report their measurements."""

from __future__ import annotations

from bench.figure import Figure, Target

ROUNDS = {"roocode": [10.0, 30.0, 20.0], "peer": [40.0, 50.0, 1.0]}


def test_a_ratio_is_that_of_the_medians() -> None:
    assert Figure(name="calls", unit="calls/s", rounds=ROUNDS).ratio("peer") == 0.5


def test_a_target_is_met_when_the_ratio_reaches_it() -> None:
    reached = Figure(name="calls", unit="calls/s", rounds=ROUNDS, target=Target(peer="peer", ratio=0.5))
    assert reached.is_met


def test_a_target_is_missed_below_it_and_the_line_says_so() -> None:
    missed = Figure(name="calls", unit="calls/s", rounds=ROUNDS, target=Target(peer="peer", ratio=0.6))
    assert not missed.is_met
    assert missed.line() == "calls: 20 calls/s | peer 40: 0.50x | target >= 0.6x of peer: MISSED"


def test_a_price_meets_its_target_from_above() -> None:
    target = Target(peer="peer", ratio=0.5)
    assert Figure(name="memory", unit="bytes", rounds=ROUNDS, is_price=True, target=target).is_met
