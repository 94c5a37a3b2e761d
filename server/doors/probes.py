"""What supervisors and load balancers ask: `/healthz` and `/readyz`. They need no credentials."""

from __future__ import annotations

from aiohttp import web

from roocode_server.engine.monitoring.readiness import Readiness
from roocode_server.server.doors.rest import respond_with

UNREADY_STATUS = 503


def add_probes(app: web.Application, readiness: Readiness) -> None:
    """Mount both. Anybody may poll them: the first does nothing, the second at most one check a second."""

    async def healthz(request: web.Request) -> web.Response:
        """The process lives and its event loop runs."""
        return respond_with(200, {"status": "alive"})

    async def readyz(request: web.Request) -> web.Response:
        report = await readiness.report()
        return respond_with(200 if report.is_ready else UNREADY_STATUS, report.dump())

    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
