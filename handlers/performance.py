"""How the server's calls have performed. Source: S4, "System Monitoring API"."""

from __future__ import annotations

from roocode_server.engine.monitoring.performance import performance_of
from roocode_server.handlers.operation import Handlers, operation
from roocode_server.models.performance import Performance, PerformanceQuery
from roocode_server.models.user import Caller, Permission


class PerformanceHandlers(Handlers, namespace="/monitoring"):
    """`system.performance`: all calls over a range of time."""

    @operation(
        "system.performance", rest="GET /api/v1/system/performance", permission=Permission.MONITORING_READ
    )
    async def performance(self, caller: Caller, request: PerformanceQuery) -> Performance:
        """Return response times, throughput and errors of all calls over a range of time up to now, and how
        the machine was used.

        The answer sums up all callers and names none. Ranges up to an hour begin with a whole minute, longer
        ones with half an hour; none begins before the server's start.
        """
        summary = await self.engine.calls.summary(request.time_range.seconds)
        return performance_of(summary, self.engine.sampler.trend, request.time_range)
