"""How the machine's usage has developed, at most a day back. Source: S4, `resource_usage`."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final

from roocode_server.models.clock import milliseconds
from roocode_server.models.monitoring import SystemResources

TREND_INTERVAL_S: Final = 15.0
TREND_LENGTH: Final = int(24 * 3600 / TREND_INTERVAL_S)
"""How many samples are kept: those of 24 hours."""


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """A sample: its time in milliseconds since 1970, and usage in percent."""

    time_ms: int
    cpu_usage: float
    memory_usage: float


class Trend:
    """The latest samples, one every `TREND_INTERVAL_S`; they are lost when the server stops."""

    def __init__(self) -> None:
        self._points: deque[TrendPoint] = deque(maxlen=TREND_LENGTH)

    def add(self, sample: SystemResources) -> None:
        """Keep a sample, and forget the oldest if there are too many."""
        point = TrendPoint(milliseconds(sample.timestamp), sample.cpu_usage, sample.memory_usage)
        self._points.append(point)

    def since(self, time_ms: int) -> list[TrendPoint]:
        """Return the samples taken at or after a time, oldest first."""
        return [point for point in self._points if point.time_ms >= time_ms]
