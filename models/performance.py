"""How calls have performed over a range of time. Source: S4, "System Monitoring API"."""

from __future__ import annotations

import datetime
import enum

from roocode_server.models.shape import Shape, value


class TimeRange(enum.StrEnum):
    """How far back performance is looked at."""

    MINUTE = "1m"
    FIVE_MINUTES = "5m"
    QUARTER = "15m"
    HALF_HOUR = "30m"
    HOUR = "1h"
    SIX_HOURS = "6h"
    HALF_DAY = "12h"
    DAY = "24h"

    @property
    def seconds(self) -> int:
        """Its length."""
        return int(self[:-1]) * (3600 if self.endswith("h") else 60)


@value
class PerformanceQuery(Shape):
    """A request for the performance over a range of time up to now."""

    time_range: TimeRange = TimeRange.HOUR


@value
class ResponseTimes(Shape):
    """How long calls took, in milliseconds, with an error of at most 2 %; left out if there were none.

    The average is exact. Source: S4, `response_times`.
    """

    average: float | None = None
    min: float | None = None
    max: float | None = None
    p95: float | None = None
    p99: float | None = None


@value
class Throughput(Shape):
    """Calls that were answered, and bytes that were sent: answers and events. Source: S4, `throughput`."""

    total_requests: int
    requests_per_second: float
    bytes_per_second: float


@value
class ErrorRates(Shape):
    """Answers that were errors, by their code, and their share in percent. Source: S4, `error_rates`."""

    total_errors: int
    error_rate_percent: float
    errors_by_type: dict[str, int]


@value
class OperationPerformance(Shape):
    """The calls of one operation; `responseTimes` in milliseconds."""

    operation: str
    requests: int
    errors: int
    response_times: ResponseTimes


@value
class ResourceTrends(Shape):
    """The machine's usage in percent at these times, oldest first. Source: S4, `resource_usage`."""

    cpu_trend: list[float]
    memory_trend: list[float]
    timestamps: list[datetime.datetime]


@value
class Performance(Shape):
    """All calls of all callers at all doors since `since`, which is the start of a measured period.

    `operations` are those that took most time, the longest first. Source: S4, `performance_metrics`.
    """

    time_range: TimeRange
    since: datetime.datetime
    response_times: ResponseTimes
    throughput: Throughput
    error_rates: ErrorRates
    resource_usage: ResourceTrends
    operations: list[OperationPerformance]
    timestamp: datetime.datetime
