"""The recorder of calls: what a summary says, how far back it goes, and that its memory is bounded."""

from __future__ import annotations

import random

import pytest

from roocode_server.engine.monitoring.call_periods import (
    COARSE_KEPT_S,
    COARSE_PERIOD_S,
    FINE_KEPT_S,
    FINE_PERIOD_S,
    RELATIVE_ERROR,
)
from roocode_server.engine.monitoring.calls import TOLD_OPERATIONS, CallRecorder
from roocode_server.engine.monitoring.performance import performance_of
from roocode_server.engine.monitoring.trend import Trend
from roocode_server.models.performance import TimeRange

MINUTE, HOUR, DAY = 60, 3600, 86_400


class Clock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.moment = 10_000.0

    def __call__(self) -> float:
        return self.moment


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def calls(clock: Clock) -> CallRecorder:
    return CallRecorder(clock=clock)


def call(
    calls: CallRecorder,
    clock: Clock,
    took_s: float,
    operation: str = "task.get",
    status: int = 200,
    code: str | None = None,
) -> None:
    began = clock.moment
    clock.moment += took_s
    calls.record(operation, began, status, code)


@pytest.mark.parametrize(("share", "position"), [("min", 0), ("p95", 3), ("p99", 3), ("max", 3)])
async def test_of_few_calls_the_high_quantiles_are_the_longest_one(
    calls: CallRecorder, clock: Clock, share: str, position: int
) -> None:
    durations = [0.010, 0.020, 0.030, 0.400]
    for took_s in durations:
        call(calls, clock, took_s)
    told = performance_of(await calls.summary(HOUR), Trend(), TimeRange.HOUR).response_times
    assert getattr(told, share) == pytest.approx(durations[position] * 1000, rel=RELATIVE_ERROR)


async def test_quantiles_are_within_their_error_of_the_exact_ones(calls: CallRecorder, clock: Clock) -> None:
    chance = random.Random(1)  # noqa: S311 - the same durations each time
    durations = [chance.lognormvariate(-5, 1) for _ in range(5000)]
    for took_s in durations:
        call(calls, clock, took_s)
    told = performance_of(await calls.summary(HOUR), Trend(), TimeRange.HOUR).response_times
    exact = sorted(durations)
    margin = RELATIVE_ERROR * 1.1
    assert told.average == pytest.approx(sum(exact) / len(exact) * 1000, rel=1e-3)
    assert told.min == pytest.approx(exact[0] * 1000, rel=margin, abs=0.001)
    assert told.p95 == pytest.approx(exact[round(0.95 * 4999)] * 1000, rel=margin)
    assert told.p99 == pytest.approx(exact[round(0.99 * 4999)] * 1000, rel=margin)
    assert told.max == pytest.approx(exact[-1] * 1000, rel=margin)


async def test_before_the_first_call_there_are_no_response_times(calls: CallRecorder) -> None:
    told = performance_of(await calls.summary(HOUR), Trend(), TimeRange.HOUR)
    assert told.response_times.dump() == {}
    assert told.throughput.total_requests == 0
    assert told.error_rates.error_rate_percent == 0
    assert told.operations == []


async def test_rates_are_those_of_the_time_that_is_measured(calls: CallRecorder, clock: Clock) -> None:
    for _ in range(30):
        call(calls, clock, 1.0)
    calls.traffic.sent_bytes += 3000
    told = performance_of(await calls.summary(MINUTE), Trend(), TimeRange.MINUTE)
    assert told.throughput.requests_per_second == 1.0
    assert told.throughput.bytes_per_second == 100.0


async def test_errors_are_counted_by_code_and_operation(calls: CallRecorder, clock: Clock) -> None:
    for _ in range(7):
        call(calls, clock, 0.01)
    call(calls, clock, 0.01, status=404, code="RESOURCE_NOT_FOUND")
    call(calls, clock, 0.01, "file.read", status=404, code="RESOURCE_NOT_FOUND")
    call(calls, clock, 0.01, "file.read", status=409, code="RESOURCE_CONFLICT")
    told = performance_of(await calls.summary(HOUR), Trend(), TimeRange.HOUR)
    assert told.error_rates.dump() == {
        "totalErrors": 3,
        "errorRatePercent": 30.0,
        "errorsByType": {"RESOURCE_NOT_FOUND": 2, "RESOURCE_CONFLICT": 1},
    }
    assert {each.operation: (each.requests, each.errors) for each in told.operations} == {
        "task.get": (8, 1),
        "file.read": (2, 2),
    }


async def test_operations_that_took_most_time_are_told_first(calls: CallRecorder, clock: Clock) -> None:
    for number in range(TOLD_OPERATIONS + 5):
        call(calls, clock, 0.001 * (number + 1), f"noun.verb{number}")
    told = performance_of(await calls.summary(HOUR), Trend(), TimeRange.HOUR).operations
    assert [each.operation for each in told] == [
        f"noun.verb{number}" for number in range(TOLD_OPERATIONS + 4, 4, -1)
    ]


@pytest.mark.parametrize(
    ("range_s", "seen"), [(MINUTE, {"new"}), (HOUR, {"new", "minutes"}), (DAY, {"new", "minutes", "hours"})]
)
async def test_a_range_holds_what_has_ended_within_it(
    calls: CallRecorder, clock: Clock, range_s: int, seen: set[str]
) -> None:
    clock.moment = 1_000_000.0
    call(calls, clock, 0.01, "too-old")
    clock.moment += DAY + COARSE_PERIOD_S
    call(calls, clock, 0.01, "hours")
    clock.moment += 3 * HOUR
    call(calls, clock, 0.01, "minutes")
    clock.moment += 10 * MINUTE
    call(calls, clock, 0.01, "new")
    assert set((await calls.summary(range_s)).operations) == seen


async def test_the_calls_of_a_day_are_kept_in_a_bounded_number_of_sketches(
    calls: CallRecorder, clock: Clock
) -> None:
    for _ in range(2 * DAY // 30):
        clock.moment += 29.99
        call(calls, clock, 0.01)
    kept = calls._periods.since(0)
    assert len(kept) <= (FINE_KEPT_S // FINE_PERIOD_S + 1) + (COARSE_KEPT_S // COARSE_PERIOD_S + 1)
    summary = await calls.summary(DAY)
    assert summary.durations.count == pytest.approx(DAY / 30, rel=0.03)
    assert max(sum(1 for _ in sketch._store.bins) for sketch in summary.operations.values()) < 1000


async def test_whoever_asks_within_a_second_gets_the_same_summary(calls: CallRecorder, clock: Clock) -> None:
    call(calls, clock, 0.01)
    first = await calls.summary(HOUR)
    clock.moment += 0.5
    assert await calls.summary(HOUR) is first
    clock.moment += 1
    assert await calls.summary(HOUR) is not first
