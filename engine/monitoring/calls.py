"""Records every call: its operation, duration and outcome. Source: S4, "System Monitoring API"."""

from __future__ import annotations

import asyncio
import heapq
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from roocode_server.engine.monitoring.call_periods import (
    COARSE_PERIOD_S,
    FINE_KEPT_S,
    FINE_PERIOD_S,
    CallPeriod,
    CallPeriods,
    DurationSketch,
    merged,
)
from roocode_server.engine.monitoring.histogram import DurationHistogram
from roocode_server.engine.monitoring.traffic import Traffic

TOLD_OPERATIONS: Final = 20
"""A summary has this many operations: those that took most of the time."""
SUMMARY_LIFETIME_S: Final = 1.0


class OperationCounts:
    """The calls of one operation since the start."""

    __slots__ = ("durations", "statuses")

    def __init__(self) -> None:
        self.statuses: defaultdict[int, int] = defaultdict(int)
        self.durations = DurationHistogram()


@dataclass(frozen=True, slots=True, kw_only=True)
class CallSummary:
    """The calls of a range of time, which begins `elapsed_s` seconds ago; `operations` by their time."""

    elapsed_s: float
    durations: DurationSketch
    operations: Mapping[str, DurationSketch]
    failures: Mapping[str, int]
    """Answers that were errors, by operation."""
    errors: Mapping[str, int]
    """The same by error code."""
    sent_bytes: int


class CallRecorder:
    """The durations and outcomes of all calls: totals since the start, and sketches of the last day.

    `now` is its clock, in seconds.
    """

    def __init__(self, *, clock: Callable[[], float] = time.perf_counter) -> None:
        self.traffic = Traffic()
        self.counts: dict[str, OperationCounts] = {}
        """By operation, since the start."""
        self.now = clock
        self._began = clock()
        self._periods = CallPeriods()
        self._sent_before = 0
        self._summaries: dict[int, tuple[float, asyncio.Task[CallSummary]]] = {}
        self._current = self._period_at(self._began)

    def record(self, operation: str, began: float, status: int, code: str | None) -> None:
        """Count a call that began at `began` of the clock; `code` is that of its error, if it had one."""
        moment = self.now()
        if moment >= self._current.ends:
            self._turn(moment)
        duration_s = moment - began
        counts = self.counts.get(operation)
        if counts is None:
            counts = self.counts[operation] = OperationCounts()
        counts.statuses[status] += 1
        counts.durations.observe(duration_s)
        current = self._current
        sketch = current.operations.get(operation)
        if sketch is None:
            sketch = current.operations[operation] = DurationSketch()
        sketch.add(duration_s)
        if code is not None:
            current.errors[code] += 1
            current.failures[operation] += 1

    async def summary(self, range_s: int) -> CallSummary:
        """Return the calls of the last `range_s` seconds, at most a day; a second old at most.

        The range begins with a whole period: a minute, or half an hour if it is longer than an hour. It is
        merged in a thread, once for all who ask for it.
        """
        moment = self.now()
        made_at, summing = self._summaries.get(range_s, (0.0, None))
        if summing is None or (summing.done() and moment - made_at >= SUMMARY_LIFETIME_S):
            summing = asyncio.create_task(self._summarise(moment, range_s))
            self._summaries[range_s] = (moment, summing)
        return await asyncio.shield(summing)

    async def _summarise(self, moment: float, range_s: int) -> CallSummary:
        if moment >= self._current.ends:
            self._turn(moment)
        length_s = FINE_PERIOD_S if range_s <= FINE_KEPT_S else COARSE_PERIOD_S
        begins = max((moment - range_s) // length_s * length_s, self._began)
        current = self._current.copy()
        current.sent_bytes = self.traffic.sent_bytes - self._sent_before
        return await asyncio.to_thread(_summed, [*self._periods.since(begins), current], moment - begins)

    def _turn(self, moment: float) -> None:
        """Begin a new period."""
        self._current.sent_bytes = self.traffic.sent_bytes - self._sent_before
        self._sent_before = self.traffic.sent_bytes
        self._periods.close(self._current)
        self._current = self._period_at(moment)

    def _period_at(self, moment: float) -> CallPeriod:
        starts = moment // FINE_PERIOD_S * FINE_PERIOD_S
        return CallPeriod(starts, starts + FINE_PERIOD_S)


def _summed(periods: Sequence[CallPeriod], elapsed_s: float) -> CallSummary:
    whole = CallPeriod(0, 0)
    for period in periods:
        whole.add(period)
    sketches = whole.operations
    longest = heapq.nlargest(TOLD_OPERATIONS, sketches, key=lambda name: sketches[name].sum)
    return CallSummary(
        elapsed_s=elapsed_s,
        durations=merged(sketches.values()),
        operations={name: sketches[name] for name in longest},
        failures=whole.failures,
        errors=whole.errors,
        sent_bytes=whole.sent_bytes,
    )
