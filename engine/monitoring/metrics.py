"""The server's metrics in Prometheus' form. Source: Prometheus, "Exposition formats"; OpenMetrics 1.0."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Final

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from roocode_server.engine.concurrency.shared_result import SharedResult
from roocode_server.engine.events.hub import Hub
from roocode_server.engine.events.log import EventLog
from roocode_server.engine.monitoring.calls import CallRecorder
from roocode_server.engine.monitoring.histogram import DurationHistogram
from roocode_server.engine.monitoring.work_counts import CommandCounts, ModelCounts, RetentionCounts
from roocode_server.engine.storage.work_figures import WorkFigures
from roocode_server.models.release import release
from roocode_server.models.task import Activity

FIGURES_LIFETIME_S: Final = 1.0
PREFIX: Final = "roocode_"


class Metrics(Collector):
    """Everything that is counted in one engine, in a registry of its own."""

    def __init__(
        self,
        *,
        calls: CallRecorder,
        log: EventLog,
        hub: Hub,
        commits: DurationHistogram,
        work: Callable[[], Awaitable[WorkFigures]],
    ) -> None:
        self.models = ModelCounts()
        self.commands = CommandCounts()
        self.retention = RetentionCounts()
        self.loop_lag = DurationHistogram()
        self.calls = calls
        self._log = log
        self._hub = hub
        self._commits = commits
        self._work = SharedResult(work, lifetime_s=FIGURES_LIFETIME_S)
        self._waiting = WorkFigures({}, 0)
        self._gauges: list[tuple[str, str, Callable[[], int]]] = []
        self._registry = CollectorRegistry()
        self._registry.register(self)
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self._registry)

    def add_gauge(self, name: str, documentation: str, read: Callable[[], int]) -> None:
        """Add a figure of somebody else's, such as a door's; `read` is called in a thread."""
        self._gauges.append((name, documentation, read))

    async def exposition(self, accept: str) -> tuple[bytes, str]:
        """Return all metrics and their media type, in the form that a scraper accepts."""
        self._waiting = await self._work.get()
        encode, media_type = choose_encoder(accept)
        return await asyncio.to_thread(encode, self._registry), media_type

    async def close(self) -> None:
        """Stop counting."""
        await self._work.close()

    def collect(self) -> Iterable[Metric]:
        """Yield the families of all metrics. Called in a thread: it copies before it iterates."""
        yield InfoMetricFamily(f"{PREFIX}server", "The version of this server", {"version": release()})
        yield from self._of_calls()
        yield from self._of_work()
        yield from self._of_models()
        yield _histogram("event_loop_lag_seconds", "How late a timer was", self.loop_lag)
        yield _histogram("database_commit_seconds", "Duration of a commit", self._commits)
        for name, documentation, read in self._gauges:
            yield GaugeMetricFamily(PREFIX + name, documentation, read())

    def _of_calls(self) -> Iterable[Metric]:
        calls = CounterMetricFamily(f"{PREFIX}calls", "Answered calls", labels=["operation", "status"])
        durations = HistogramMetricFamily(
            f"{PREFIX}call_duration_seconds", "Duration of calls", labels=["operation"]
        )
        for operation, counts in list(self.calls.counts.items()):
            for status, count in list(counts.statuses.items()):
                calls.add_metric([operation, str(status)], count)
            durations.add_metric([operation], counts.durations.cumulative(), counts.durations.sum_s)
        yield calls
        yield durations
        yield CounterMetricFamily(
            f"{PREFIX}sent_bytes", "Bytes of answers and events", self.calls.traffic.sent_bytes
        )

    def _of_work(self) -> Iterable[Metric]:
        yield CounterMetricFamily(f"{PREFIX}events_appended", "Events stored", self._log.appended)
        yield GaugeMetricFamily(
            f"{PREFIX}followers_catching_up", "Clients that read the log", self._hub.catching_up
        )
        tasks = GaugeMetricFamily(f"{PREFIX}tasks", "Unfinished tasks", labels=["activity"])
        for activity in Activity:
            tasks.add_metric([activity.value], self._waiting.tasks.get(activity.value, 0))
        yield tasks
        yield GaugeMetricFamily(
            f"{PREFIX}approvals_pending", "Questions that wait for a person", self._waiting.approvals
        )
        commands = CounterMetricFamily(f"{PREFIX}commands", "Commands that have ended", labels=["outcome"])
        for outcome, count in list(self.commands.outcomes.items()):
            commands.add_metric([outcome], count)
        yield commands
        ended = CounterMetricFamily(
            f"{PREFIX}sessions_ended", "Sessions deleted because their time was over", labels=["rule"]
        )
        for rule, count in list(self.retention.sessions.items()):
            ended.add_metric([rule], count)
        yield ended

    def _of_models(self) -> Iterable[Metric]:
        requests = CounterMetricFamily(
            f"{PREFIX}model_requests", "Requests to models", labels=["provider", "outcome"]
        )
        for labels, count in list(self.models.requests.items()):
            requests.add_metric(labels, count)
        tokens = CounterMetricFamily(f"{PREFIX}model_tokens", "Tokens", labels=["provider", "kind"])
        for labels, count in list(self.models.tokens.items()):
            tokens.add_metric(labels, count)
        cost = CounterMetricFamily(f"{PREFIX}model_cost_usd", "Cost in US dollars", labels=["provider"])
        for provider, cost_usd in list(self.models.cost_usd.items()):
            cost.add_metric([provider], cost_usd)
        return requests, tokens, cost


def _histogram(name: str, documentation: str, durations: DurationHistogram) -> Metric:
    return HistogramMetricFamily(
        PREFIX + name, documentation, buckets=durations.cumulative(), sum_value=durations.sum_s
    )
