"""HTTP with this server's time limits. Malformed HTTP is refused in S0's form and logged as the client's."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import Any

import orjson
import structlog
from aiohttp import http_exceptions, web

from roocode_server.engine.monitoring.traffic import Traffic
from roocode_server.models.error import (
    AppError,
    InternalError,
    InvalidField,
    MethodNotImplemented,
    PayloadTooLarge,
)
from roocode_server.server.identity import new_request_id

LARGEST_HEADER_BYTES = 8190
MOST_LINGERING_S = 10.0
"""How long the rest of a refused body may still come in, so that its client reads the answer; at most as long
as a request may take.
"""

_A_METHOD = re.compile(r"^\s*b'[A-Z]+ ", re.MULTILINE)
"""Matches the parser's error message about an unknown method."""

log = structlog.get_logger("http")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Seconds: for the first request's head, between requests, and for the client to read an answer."""

    request_s: float
    keep_alive_s: float
    idle_s: float


class HttpConnection(web.RequestHandler):
    """One connection. Source: RFC 9112; S0, "Error Handling"."""

    __slots__ = ("_first_request", "_limits", "_traffic", "gone")

    def __init__(self, *args: Any, limits: Limits, traffic: Traffic, **kw: Any) -> None:
        lingering_s = min(MOST_LINGERING_S, limits.request_s)
        super().__init__(*args, keepalive_timeout=limits.keep_alive_s, lingering_time=lingering_s, **kw)
        self._limits = limits
        self._traffic = traffic
        self._first_request: asyncio.TimerHandle | None = None
        self.gone = asyncio.Event()
        """Set once the client has disconnected."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start the time limit for the first request's head."""
        super().connection_made(transport)
        self._first_request = self._loop.call_later(self._limits.request_s, self._end_silent)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Mark the client as gone."""
        self.gone.set()
        if self._first_request is not None:
            self._first_request.cancel()
        super().connection_lost(exc)

    def _end_silent(self) -> None:
        """Close a connection that has not sent a complete request head."""
        if not self._request_count:
            self.force_close()

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        """Send the rest of an answer, as long as the client keeps reading, and count its bytes."""
        try:
            async with asyncio.timeout(self._limits.idle_s):
                return await super().finish_response(request, resp, start_time)
        except TimeoutError:
            log.info("an answer was not read by the client", path=request.path[:200])
            if self.transport is not None:
                self.transport.abort()
            return resp, True
        finally:
            self._traffic.sent_bytes += request.writer.output_size

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """The answer to a malformed request or to a failing handler; the connection is closed.

        Raises: ConnectionError, if an answer has been started already.
        """
        self.log_exception("Error handling request", exc_info=exc)
        if request.writer.output_size > 0:
            raise ConnectionError("an answer has been begun already")
        failure = _as_app_error(status, exc)
        response = web.Response(
            status=failure.status,
            body=orjson.dumps(failure.body(new_request_id())),
            content_type="application/json",
        )
        response.force_close()
        return response

    def log_exception(self, *args: Any, **kw: Any) -> None:
        """Log a traceback for failures of the server, and a single line for mistakes of clients."""
        failure = kw.get("exc_info")
        if isinstance(failure, http_exceptions.HttpProcessingError | web.RequestPayloadError):
            log.info("not HTTP", mistake=type(failure).__name__)
        else:
            super().log_exception(*args, **kw)


class HttpRunner(web.AppRunner):
    """Runs an application with `HttpConnection`s."""

    __slots__ = ("_limits", "_traffic")

    def __init__(self, app: web.Application, *, limits: Limits, traffic: Traffic, **kw: Any) -> None:
        super().__init__(app, **kw)
        self._limits = limits
        self._traffic = traffic

    async def _make_server(self) -> web.Server:
        return _Listener(await super()._make_server(), self._limits, self._traffic)


class _Listener(web.Server):
    def __init__(self, made: web.Server, limits: Limits, traffic: Traffic) -> None:
        vars(self).update(vars(made))
        self._limits = limits
        self._traffic = traffic

    def __call__(self) -> HttpConnection:
        return HttpConnection(
            self, loop=self._loop, limits=self._limits, traffic=self._traffic, **self._kwargs
        )


def _as_app_error(status: int, failure: BaseException | None) -> AppError:
    if isinstance(failure, http_exceptions.LineTooLong):
        return PayloadTooLarge(LARGEST_HEADER_BYTES)
    if isinstance(failure, http_exceptions.BadHttpMethod) and _A_METHOD.search(failure.message):
        return MethodNotImplemented("No path takes this method")
    if status >= 500:
        return InternalError()
    return InvalidField("", "This is not a valid HTTP/1.1 request.")
