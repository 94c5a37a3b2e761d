"""S4's performance metrics. Source: S4, "System Monitoring API"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from roocode_server.handlers.dialects.opencode.exchange import Exchange
from roocode_server.handlers.dialects.opencode.message import message
from roocode_server.handlers.dialects.opencode.refusals import Content
from roocode_server.handlers.dialects.opencode.wire import MessageShape
from roocode_server.models.clock import parse_time
from roocode_server.models.performance import TimeRange
from roocode_server.models.shape import value

TIMES: Final = ("average", "min", "max", "p95", "p99")


@value
class PerformanceRequest(MessageShape):
    """How far back to look."""

    time_range: TimeRange = TimeRange.HOUR


@message("request_performance_metrics", "system.performance")
async def request_performance_metrics(exchange: Exchange, request: PerformanceRequest) -> Content:
    """Tell how long calls took, how many there were, which failed, and how the machine was used."""
    found = await exchange.ask("system.performance", timeRange=request.time_range.value)
    return {"type": "performance_metrics", "data": _metrics(found)}


def _metrics(found: Mapping[str, Any]) -> Content:
    times, throughput, errors = found["responseTimes"], found["throughput"], found["errorRates"]
    usage = found["resourceUsage"]
    return {
        "response_times": {name: times.get(name, 0.0) for name in TIMES},
        "throughput": {
            "requests_per_second": throughput["requestsPerSecond"],
            "bytes_per_second": throughput["bytesPerSecond"],
        },
        "error_rates": {
            "total_errors": errors["totalErrors"],
            "error_rate_percent": errors["errorRatePercent"],
            "errors_by_type": errors["errorsByType"],
        },
        "resource_usage": {
            "cpu_trend": usage["cpuTrend"],
            "memory_trend": usage["memoryTrend"],
            "timestamps": [parse_time(each).strftime("%H:%M") for each in usage["timestamps"]],
        },
        "timestamp": found["timestamp"],
    }


PERFORMANCE_MESSAGES: Final = (request_performance_metrics,)
