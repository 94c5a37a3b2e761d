"""A summary of calls as callers are told of it. Source: S4, "System Monitoring API"."""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Final

from roocode_server.engine.monitoring.call_periods import DurationSketch
from roocode_server.engine.monitoring.calls import CallSummary
from roocode_server.engine.monitoring.trend import Trend, TrendPoint
from roocode_server.models.clock import from_milliseconds, milliseconds, now
from roocode_server.models.performance import (
    ErrorRates,
    OperationPerformance,
    Performance,
    ResourceTrends,
    ResponseTimes,
    Throughput,
    TimeRange,
)

DECIMALS: Final = 3


TREND_POINTS: Final = 120
"""The most points of a trend; of more samples, several that follow each other become their mean."""


def performance_of(summary: CallSummary, trend: Trend, time_range: TimeRange) -> Performance:
    """Return response times in milliseconds, rates per second, errors and usage in percent."""
    moment = now()
    begins = moment - datetime.timedelta(seconds=time_range.seconds)
    requests, elapsed_s = int(summary.durations.count), max(summary.elapsed_s, 1.0)
    return Performance(
        time_range=time_range,
        since=moment - datetime.timedelta(seconds=summary.elapsed_s),
        response_times=_times(summary.durations),
        throughput=Throughput(
            total_requests=requests,
            requests_per_second=round(requests / elapsed_s, DECIMALS),
            bytes_per_second=round(summary.sent_bytes / elapsed_s, DECIMALS),
        ),
        error_rates=_errors(summary.errors, requests),
        resource_usage=_trends(trend.since(milliseconds(begins))),
        operations=[
            OperationPerformance(
                operation=name,
                requests=int(sketch.count),
                errors=summary.failures.get(name, 0),
                response_times=_times(sketch),
            )
            for name, sketch in summary.operations.items()
        ],
        timestamp=moment,
    )


def _trends(points: Sequence[TrendPoint]) -> ResourceTrends:
    size = math.ceil(len(points) / TREND_POINTS) or 1
    groups = [points[first : first + size] for first in range(0, len(points), size)]
    return ResourceTrends(
        cpu_trend=[round(fmean(point.cpu_usage for point in group), 1) for group in groups],
        memory_trend=[round(fmean(point.memory_usage for point in group), 1) for group in groups],
        timestamps=[from_milliseconds(group[-1].time_ms) for group in groups],
    )


def _times(sketch: DurationSketch) -> ResponseTimes:
    if not sketch.count:
        return ResponseTimes()
    return ResponseTimes(
        average=round(sketch.avg * 1000, DECIMALS),
        min=_quantile(sketch, 0),
        max=_quantile(sketch, 1),
        p95=_quantile(sketch, 0.95),
        p99=_quantile(sketch, 0.99),
    )


def _quantile(sketch: DurationSketch, share: float) -> float:
    """A quantile of a sketch that is not empty: the least duration (ms) that so many calls had at most.

    Of few calls that is the longest one, where the sketch alone would give the one before.
    """
    last = int(sketch.count) - 1
    position = max(0, math.ceil(share * (last + 1)) - 1)
    between = min(1.0, (position + 0.5) / last) if last else 0.0  # half-way, whatever the rounding
    return round((sketch.get_quantile_value(between) or 0.0) * 1000, DECIMALS)


def _errors(by_code: Mapping[str, int], requests: int) -> ErrorRates:
    total = sum(by_code.values())
    return ErrorRates(
        total_errors=total,
        error_rate_percent=round(100 * total / requests, DECIMALS) if requests else 0.0,
        errors_by_type=dict(sorted(by_code.items(), key=lambda each: -each[1])),
    )
