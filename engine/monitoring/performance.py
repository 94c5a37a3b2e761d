"""A summary of calls as callers are told of it. Source: S4, "System Monitoring API"."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Final

from roocode_server.engine.monitoring.call_periods import DurationSketch
from roocode_server.engine.monitoring.calls import CallSummary
from roocode_server.models.clock import now
from roocode_server.models.performance import (
    ErrorRates,
    OperationPerformance,
    Performance,
    ResponseTimes,
    Throughput,
    TimeRange,
)

DECIMALS: Final = 3


def performance_of(summary: CallSummary, time_range: TimeRange) -> Performance:
    """Return response times in milliseconds, rates per second, and errors in percent."""
    moment = now()
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
    """A quantile of a sketch that is not empty, in milliseconds."""
    return round((sketch.get_quantile_value(share) or 0.0) * 1000, DECIMALS)


def _errors(by_code: Mapping[str, int], requests: int) -> ErrorRates:
    total = sum(by_code.values())
    return ErrorRates(
        total_errors=total,
        error_rate_percent=round(100 * total / requests, DECIMALS) if requests else 0.0,
        errors_by_type=dict(sorted(by_code.items(), key=lambda each: -each[1])),
    )
