"""S4's performance metrics. Source: S4, "System Monitoring API"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from roocode_server.handlers.dialects.opencode.answers import (
    CallErrors,
    CallThroughput,
    CallTimes,
    ServerPerformance,
    ToldPerformance,
    UsageTrend,
)
from roocode_server.handlers.dialects.opencode.exchange import Exchange
from roocode_server.handlers.dialects.opencode.message import message
from roocode_server.handlers.dialects.opencode.wire import MessageShape
from roocode_server.models.clock import parse_time
from roocode_server.models.performance import TimeRange
from roocode_server.models.shape import value

TIMES: Final = tuple(CallTimes.wire_names())


@value
class PerformanceRequest(MessageShape):
    """How far back to look."""

    time_range: TimeRange = TimeRange.HOUR


@message("request_performance_metrics", "system.performance")
async def request_performance_metrics(exchange: Exchange, request: PerformanceRequest) -> ToldPerformance:
    """Tell how long calls took, how many there were, which failed, and how the machine was used."""
    found = await exchange.ask("system.performance", timeRange=request.time_range.value)
    return ToldPerformance(data=_metrics(found))


def _metrics(found: Mapping[str, Any]) -> ServerPerformance:
    times, throughput, errors = found["responseTimes"], found["throughput"], found["errorRates"]
    usage = found["resourceUsage"]
    return ServerPerformance(
        response_times=CallTimes(**{name: times[name] for name in TIMES if name in times}),
        throughput=CallThroughput(
            requests_per_second=throughput["requestsPerSecond"],
            bytes_per_second=throughput["bytesPerSecond"],
        ),
        error_rates=CallErrors(
            total_errors=errors["totalErrors"],
            error_rate_percent=errors["errorRatePercent"],
            errors_by_type=errors["errorsByType"],
        ),
        resource_usage=UsageTrend(
            cpu_trend=usage["cpuTrend"],
            memory_trend=usage["memoryTrend"],
            timestamps=[parse_time(each).strftime("%H:%M") for each in usage["timestamps"]],
        ),
        timestamp=found["timestamp"],
    )


PERFORMANCE_MESSAGES: Final = (request_performance_metrics,)
