"""`/metrics`, for Prometheus: with a token, or from this machine itself."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from roocode_server.engine.monitoring.metrics import Metrics
from roocode_server.models.error import AuthenticationFailed, PermissionDenied
from roocode_server.models.settings import Settings
from roocode_server.models.user import Caller, Permission
from roocode_server.server.doors.rest import REQUEST_ID
from roocode_server.server.gate import is_loopback
from roocode_server.server.identity import Authenticator, credential_of

MARKS_OF_PROXIES: Final = ("Forwarded", "Via", "X-Real-IP")
"""Headers that proxies add, besides those that begin with `X-Forwarded-`."""


class MetricsDoor:
    """Shows the metrics to those with `monitoring:read`, and to a scraper on this machine.

    A request counts as this machine's own if nothing speaks for a proxy in between: it comes over loopback,
    names a loopback host, bears no header of a proxy, and no proxy is configured.
    """

    def __init__(self, metrics: Metrics, identity: Authenticator, settings: Settings) -> None:
        self._metrics = metrics
        self._identity = identity
        server = settings.server
        self._trusts_loopback = (
            settings.monitoring.loopback_metrics and not server.public_url and not server.trusted_proxies
        )

    def add_routes(self, app: web.Application) -> None:
        """Mount the door."""
        app.router.add_get("/metrics", self._serve)

    async def _serve(self, request: web.Request) -> web.Response:
        if credential_of(request) or not (self._trusts_loopback and _is_direct(request)):
            _check(await self._identity.of_request(request, request[REQUEST_ID]))
        body, media_type = await self._metrics.exposition(request.headers.get("Accept", ""))
        return web.Response(body=body, headers={"Content-Type": media_type})


def _check(caller: Caller) -> None:
    """Raises: AuthenticationFailed, PermissionDenied."""
    if caller.is_anonymous:
        raise AuthenticationFailed
    if not caller.may(Permission.MONITORING_READ):
        raise PermissionDenied(f"This needs the permission {Permission.MONITORING_READ.value}")


def _is_direct(request: web.Request) -> bool:
    """Whether a program on this machine has sent the request itself, as far as can be seen."""
    if any(name in MARKS_OF_PROXIES or name.lower().startswith("x-forwarded-") for name in request.headers):
        return False
    if "Origin" in request.headers or "Sec-Fetch-Site" in request.headers:
        return False  # a page in a browser
    host = request.url.host
    return is_loopback(request.remote or "") and host is not None and is_loopback(host)
