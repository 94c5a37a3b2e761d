"""Durations in fixed classes, counted since the start. Source: Prometheus, "Histograms and summaries"."""

from __future__ import annotations

import itertools
from bisect import bisect_left
from collections.abc import Sequence
from typing import Final

DURATION_BOUNDS_S: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
"""The upper bounds of the classes; one more has none."""


class DurationHistogram:
    """How many durations fell into each class, and their sum in seconds."""

    __slots__ = ("_classes", "sum_s")

    def __init__(self) -> None:
        self._classes = [0] * (len(DURATION_BOUNDS_S) + 1)
        self.sum_s = 0.0

    def observe(self, duration_s: float) -> None:
        """Count a duration."""
        self._classes[bisect_left(DURATION_BOUNDS_S, duration_s)] += 1
        self.sum_s += duration_s

    def cumulative(self) -> Sequence[tuple[str, int]]:
        """Return each upper bound as a text, the last one `+Inf`, with the number of durations up to it."""
        bounds = [*map(str, map(float, DURATION_BOUNDS_S)), "+Inf"]
        return list(zip(bounds, itertools.accumulate(list(self._classes)), strict=True))
