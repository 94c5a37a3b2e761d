"""The calls of the last day in periods: durations as mergeable sketches, errors by code, bytes sent.

The last hour is kept by the minute and the rest by the half hour, with one sketch for each operation that was
called in a period. So memory is bounded by the number of operations, whatever the number of calls.
Source: Masson, Rim and Lee, "DDSketch: A Fast and Fully-Mergeable Quantile Sketch with Relative-Error
Guarantees", 2019.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Sequence
from typing import Final

from ddsketch.ddsketch import BaseDDSketch
from ddsketch.mapping import LogarithmicMapping
from ddsketch.store import DenseStore

RELATIVE_ERROR: Final = 0.02
"""By how much a quantile may differ from the exact one."""
SKETCH_GROWTH_BINS: Final = 32
FINE_PERIOD_S: Final = 60
FINE_KEPT_S: Final = 3600
COARSE_PERIOD_S: Final = 1800
COARSE_KEPT_S: Final = 86_400

_MAPPING: Final = LogarithmicMapping(RELATIVE_ERROR)


class DurationSketch(BaseDDSketch):
    """The distribution of durations in seconds.

    From a nanosecond to a month at 2 % these are a thousand bins at most, so the store needs no limit.
    """

    def __init__(self) -> None:
        growing = DenseStore(chunk_size=SKETCH_GROWTH_BINS)
        super().__init__(_MAPPING, growing, DenseStore(chunk_size=1), zero_count=0.0)


class CallPeriod:
    """The calls that ended within one period. Times are seconds of the recorder's clock."""

    __slots__ = ("ends", "errors", "failures", "operations", "sent_bytes", "starts")

    def __init__(self, starts: float, ends: float) -> None:
        self.starts = starts
        self.ends = ends
        self.operations: dict[str, DurationSketch] = {}
        self.failures: Counter[str] = Counter()
        """Answers that were errors, by operation."""
        self.errors: Counter[str] = Counter()
        """The same by error code."""
        self.sent_bytes = 0

    def add(self, other: CallPeriod) -> None:
        """Include the calls of another period."""
        for name, sketch in other.operations.items():
            self.operations.setdefault(name, DurationSketch()).merge(sketch)
        self.failures.update(other.failures)
        self.errors.update(other.errors)
        self.sent_bytes += other.sent_bytes

    def copy(self) -> CallPeriod:
        """Return a copy that does not change any more."""
        copied = CallPeriod(self.starts, self.ends)
        copied.add(self)
        return copied


class CallPeriods:
    """The periods of the last day that are over. A period that was closed is never changed again."""

    def __init__(self) -> None:
        self._fine: deque[CallPeriod] = deque()
        self._coarse: deque[CallPeriod] = deque()

    def close(self, period: CallPeriod) -> None:
        """Keep a period that is over; those too old for minutes become part of half hours."""
        if period.operations or period.sent_bytes:
            self._fine.append(period)
        while self._fine and self._fine[0].ends <= period.ends - FINE_KEPT_S - FINE_PERIOD_S:
            self._merge(self._fine.popleft())
        while self._coarse and self._coarse[0].ends <= period.ends - COARSE_KEPT_S - COARSE_PERIOD_S:
            self._coarse.popleft()

    def since(self, moment: float) -> Sequence[CallPeriod]:
        """Return the periods that end after `moment`, oldest first."""
        return [period for period in (*self._coarse, *self._fine) if period.ends > moment]

    def _merge(self, period: CallPeriod) -> None:
        starts = period.starts // COARSE_PERIOD_S * COARSE_PERIOD_S
        merged = CallPeriod(starts, starts + COARSE_PERIOD_S)
        if self._coarse and self._coarse[-1].starts == starts:
            merged.add(self._coarse.pop())  # whoever reads the period keeps it as it was
        merged.add(period)
        self._coarse.append(merged)


def merged(sketches: Iterable[DurationSketch]) -> DurationSketch:
    """Return the distribution of all durations together."""
    whole = DurationSketch()
    for sketch in sketches:
        whole.merge(sketch)
    return whole
