"""Exports traces with OpenTelemetry. Needs the extra `tracing`. Source: OTLP/HTTP 1.5; W3C, Trace Context."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Final

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from roocode_server.engine.tracing.tracer import AttributeValue, Span
from roocode_server.models.release import DISTRIBUTION, release
from roocode_server.models.settings import TracingSettings

EXPORT_TIMEOUT_S: Final = 5.0
FLUSH_TIMEOUT_S: Final = 3.0
EXPORT_INTERVAL_MS: Final = 1000

_PROPAGATOR: Final = TraceContextTextMapPropagator()


class ExportedSpan:
    """A span that is exported."""

    def __init__(self, span: trace.Span) -> None:
        self._span = span

    def set(self, name: str, content: AttributeValue | None) -> None:
        """As `Span.set`."""
        if content is not None:
            self._span.set_attribute(name, content)

    def fail(self, code: str) -> None:
        """As `Span.fail`."""
        self._span.set_status(StatusCode.ERROR, code)


class OpenTelemetryTracer:
    """A tracer with a provider of its own: several engines in one process do not share it."""

    def __init__(self, settings: TracingSettings) -> None:
        self._exporter = OTLPSpanExporter(endpoint=settings.endpoint, timeout=EXPORT_TIMEOUT_S)
        self._provider = TracerProvider(
            resource=Resource.create({SERVICE_NAME: DISTRIBUTION, SERVICE_VERSION: release()}),
            sampler=ParentBased(TraceIdRatioBased(settings.sample_ratio)),
            shutdown_on_exit=False,
        )
        self._provider.add_span_processor(
            BatchSpanProcessor(self._exporter, schedule_delay_millis=EXPORT_INTERVAL_MS)
        )
        self._tracer = self._provider.get_tracer(DISTRIBUTION)

    @property
    def is_exporting(self) -> bool:
        """As `Tracer.is_exporting`."""
        return True

    @property
    def traceparent(self) -> str | None:
        """As `Tracer.traceparent`."""
        carrier: dict[str, str] = {}
        _PROPAGATOR.inject(carrier)
        return carrier.get("traceparent")

    @contextlib.contextmanager
    def span(self, name: str, *, within: str | None = None, is_remote_call: bool = False) -> Iterator[Span]:
        """As `Tracer.span`."""
        context = None if within is None else _PROPAGATOR.extract({"traceparent": within})
        kind = SpanKind.CLIENT if is_remote_call else SpanKind.INTERNAL
        with self._tracer.start_as_current_span(
            name, context, kind, record_exception=False, set_status_on_exception=False
        ) as made:
            exported = ExportedSpan(made)
            try:
                yield exported
            except BaseException as failure:
                exported.fail(type(failure).__name__)
                raise

    async def close(self) -> None:
        """As `Tracer.close`. A receiver that does not answer must not delay the end of the server."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FLUSH_TIMEOUT_S):
                await asyncio.to_thread(self._provider.force_flush)
        await asyncio.to_thread(self._end)

    def _end(self) -> None:
        self._exporter.shutdown()  # interrupts an export in progress, so that the provider ends at once
        self._provider.shutdown()
