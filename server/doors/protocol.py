"""HTTP as this server runs it: what is no HTTP is refused in S0's words, and is no failure of this server."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
import structlog
from aiohttp import http_exceptions, web

from models.error import AppError, InternalError, InvalidField, PayloadTooLarge
from server.identity import new_request_id

LARGEST_HEADER_BYTES = 8190

log = structlog.get_logger("http")


class Protocol(web.RequestHandler):
    """One connection. Source: RFC 9112; S0, "Error Handling"."""

    __slots__ = ("gone",)

    def __init__(self, *args: Any, **kw: Any) -> None:
        super().__init__(*args, **kw)
        self.gone = asyncio.Event()
        """Set once nobody is there any longer to read an answer."""

    def connection_lost(self, exc: BaseException | None) -> None:
        self.gone.set()
        super().connection_lost(exc)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """The answer to what never became a request, or to a handler's failure; the connection is closed.

        Raises: ConnectionError, if an answer has been begun already.
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
        """A traceback for what is this server's fault; a line for what is the client's."""
        failure = kw.get("exc_info")
        if isinstance(failure, http_exceptions.HttpProcessingError | web.RequestPayloadError):
            log.info("not HTTP", mistake=type(failure).__name__)
        else:
            super().log_exception(*args, **kw)


class Runner(web.AppRunner):
    """An application whose connections are `Protocol`s."""

    __slots__ = ()

    async def _make_server(self) -> web.Server:
        return _Listener(await super()._make_server())


class _Listener(web.Server):
    def __init__(self, made: web.Server) -> None:
        vars(self).update(vars(made))

    def __call__(self) -> Protocol:
        return Protocol(self, loop=self._loop, **self._kwargs)


def _as_app_error(status: int, failure: BaseException | None) -> AppError:
    if isinstance(failure, http_exceptions.LineTooLong):
        return PayloadTooLarge(LARGEST_HEADER_BYTES)
    if status >= 500:
        return InternalError()
    return InvalidField("", "This is not a request of HTTP/1.1 that the server can read.")
