"""Chooses the tracer that the settings ask for."""

from __future__ import annotations

from roocode_server.engine.concurrency.imports import imported
from roocode_server.engine.tracing.tracer import NoTracer, Tracer
from roocode_server.models.extras import check_installed
from roocode_server.models.settings import TracingSettings


async def tracer_of(settings: TracingSettings) -> Tracer:
    """Return a tracer; nothing of OpenTelemetry is imported unless an endpoint is set.

    Raises: ExtraNotInstalled.
    """
    if settings.endpoint is None:
        return NoTracer()
    check_installed("tracing", "`tracing.endpoint`")
    module = await imported("roocode_server.engine.tracing.open_telemetry")
    tracer: Tracer = module.OpenTelemetryTracer(settings)
    return tracer
