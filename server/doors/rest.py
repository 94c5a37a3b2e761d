"""The REST door: one route for each operation that declares one. Source: S0, "API Endpoints"."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from functools import partial
from typing import Any, Final, cast

import orjson
import structlog
from aiohttp import ClientConnectionResetError, web

from roocode_server.handlers.operation import Operation, Registry, RestBinding, field_of
from roocode_server.handlers.pipeline import OperationResponse, Pipeline, refuse
from roocode_server.models.error import (
    AppError,
    InternalError,
    InvalidField,
    MethodNotAllowed,
    NoSuchPath,
    PayloadTooLarge,
    PermissionDenied,
    RateLimitExceeded,
    ServerOverload,
)
from roocode_server.models.quota import Quota
from roocode_server.models.settings import ServerSettings
from roocode_server.models.shape import LONGEST_NAME, Shape
from roocode_server.models.user import Caller
from roocode_server.server.doors.bodies import BodyLimits, read_body
from roocode_server.server.doors.compression import compress
from roocode_server.server.doors.json import decode
from roocode_server.server.doors.protocol import HttpConnection
from roocode_server.server.gate import Gate
from roocode_server.server.identity import TOKEN, Authenticator, challenge, new_request_id

API_VERSION: Final = "v1"
ENGINE_PATH: Final = "/socket.io/"
CLIENT_GONE: Final = 499
"""The status, which nobody sees, of a request whose client left before the answer began."""
WITH_BODY: Final = frozenset({"POST", "PUT", "PATCH"})
REQUEST_ID: Final = web.RequestKey("request_id", str)
ADD_HEADERS: Final = web.RequestKey("add_headers", partial)
"""Adds the headers common to all answers, for answers that are started before they are returned."""

CONDITIONS: Final[Mapping[str, str]] = {"ifMatch": "If-Match", "ifNoneMatch": "If-None-Match"}
"""Fields that can be given as headers. Source: RFC 9110, 13.1."""
LAST_EVENT_ID_HEADER: Final = "Last-Event-ID"
"""The header for the field `lastEventId`. Source: WHATWG HTML, 9.2.4."""

IDEMPOTENCY_KEY_HEADER: Final = "Idempotency-Key"
"""The header for the field `idempotencyKey`. Source: draft-ietf-httpapi-idempotency-key-header-07, 2.1."""
_QUOTED: Final = re.compile(r'"((?:[^"\\]|\\["\\])*)"')
"""A string of a structured field. Source: RFC 9651, 3.3.3."""

PRIVATE: Final = "no-store"
"""The default `Cache-Control`: the answer is for its caller only (RFC 9111, 5.2)."""

HARDENING: Final[Mapping[str, str]] = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": PRIVATE,
}
"""What an answer tells browsers, where it says nothing else: data are no page, nor part of another one."""

HSTS: Final = "max-age=31536000"
"""For a year browsers come back over TLS only. Source: RFC 6797, 6.1."""

CALLER_GONE: Final = 499
"""The status logged when the client has disconnected; no client sees it."""

log = structlog.get_logger("http")


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class RestDoor:
    """The REST routes of all operations in the registry."""

    def __init__(
        self, registry: Registry, pipeline: Pipeline, identity: Authenticator, settings: ServerSettings
    ) -> None:
        self._registry = registry
        self._pipeline = pipeline
        self._identity = identity
        self._settings = settings

    def add_routes(self, app: web.Application) -> None:
        """Mount every operation that has a REST binding."""
        for declared in self._registry.values():
            if declared.rest is not None:
                path = route_path(declared.rest)
                for method in methods_of(declared.rest):
                    app.router.add_route(method, path, self._serve(declared))

    def _serve(self, declared: Operation) -> Handler:
        async def serve(request: web.Request) -> web.Response:
            request_id = request[REQUEST_ID]
            try:
                check_version(request)
                caller = await self._caller(declared, request, request_id)
            except AppError as failure:
                return respond(refuse(failure, request_id, operation=declared.name, address=request.remote))
            read = partial(gather, request, declared.request, BodyLimits.of(self._settings, caller))
            answering = self._pipeline.answer(declared, caller, read)
            answer = await (_while_there(request, answering) if declared.ends_with_caller else answering)
            if answer is None:
                return web.Response(status=CALLER_GONE)
            response = respond(answer, declared.rest)
            if answer.status == 201:
                response.headers["Location"] = location(request, declared.rest, caller, answer)
            return response

        return serve

    async def _caller(self, declared: Operation, request: web.Request, request_id: str) -> Caller:
        """The caller. For operations without permission, expired credentials must not prevent a new login."""
        if declared.permission is None:
            return self._identity.nobody(request, request_id)
        return await self._identity.of_request(request, request_id)


async def _while_there(
    request: web.Request, answering: Coroutine[Any, Any, OperationResponse]
) -> OperationResponse | None:
    """The answer to a call; None if the caller disconnected first, which cancels the call."""
    call = asyncio.create_task(answering)
    leaving = asyncio.create_task(cast(HttpConnection, request.protocol).gone.wait())
    try:
        await asyncio.wait({call, leaving}, return_when=asyncio.FIRST_COMPLETED)
        return call.result() if call.done() else None
    finally:
        for task in (call, leaving):
            task.cancel()
        await asyncio.wait({call, leaving})


def methods_of(binding: RestBinding) -> list[str]:
    """The methods of a route: `GET` includes `HEAD`. Source: RFC 9110, 9.3.2."""
    return [binding.method, *(["HEAD"] if binding.method == "GET" else [])]


def route_path(binding: RestBinding) -> str:
    """The path in aiohttp's notation: a tail matches slashes and any other character of a file name."""
    if binding.tail is None:
        return binding.path
    return binding.path.replace(f"{{{binding.tail}}}", rf"{{{binding.tail}:[\s\S]+}}")


def location(
    request: web.Request, binding: RestBinding | None, caller: Caller, answer: OperationResponse
) -> str:
    """Return the URL of the created resource: that of the request, unless the declaration names another.

    Source: RFC 9110, 10.2.2.
    """
    if binding is None or binding.made is None:
        return caller.base_url + request.rel_url.raw_path
    return caller.base_url + binding.made_at({**answer.body, **request.match_info})


def respond(answer: OperationResponse, binding: RestBinding | None = None) -> web.Response:
    """An answer as JSON, with `ETag` if the binding names a field for it."""
    response = respond_with(answer.status, answer.body)
    response.headers.update(limit_headers(answer.quota, answer.failure))
    if binding is not None and binding.tagged is not None and answer.failure is None:
        response.etag = field_of(answer.body, binding.tagged)
    return response


def limit_headers(quota: Quota | None, failure: AppError | None) -> dict[str, str]:
    """Return the headers with what a caller has left, and when to try again.

    Source: S0, "Rate Limit Headers"; RFC 6585, 4.
    """
    headers = {} if quota is None else quota.headers()
    if isinstance(failure, RateLimitExceeded):
        headers["Retry-After"] = str(failure.retry_after_s)
    return headers


def respond_with(status: int, body: object) -> web.Response:
    """A JSON body with a status."""
    return web.Response(status=status, body=orjson.dumps(body), content_type="application/json")


def request_middleware(gate: Gate) -> Any:
    """Applies to every path: checks host and origin, assigns the request id, formats errors as S0 does.

    A server whose `public_url` is https tells browsers to keep to that.
    """

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        request_id = new_request_id()
        request[REQUEST_ID] = request_id
        request[ADD_HEADERS] = partial(_add_headers, gate, request, request_id)
        try:
            gate.check(request)
            _check_handshake(request)
            if _is_preflight(request):
                return _preflight(request)
            response = await handler(request)
        except AppError as failure:
            response = respond(refuse(failure, request_id, **_where(request)))
        except web.HTTPException as refused:
            if refused.status < 400:
                raise
            response = respond(refuse(_as_app_error(request, refused), request_id, **_where(request)))
            if isinstance(refused, web.HTTPMethodNotAllowed):
                response.headers["Allow"] = ", ".join(sorted(refused.allowed_methods))
        except ClientConnectionResetError:
            return web.Response(status=CLIENT_GONE)
        if response.status >= 400 and request.path.startswith(ENGINE_PATH):
            log.info("handshake refused", status=response.status, request_id=request_id, **_where(request))
        if not response.prepared:
            request[ADD_HEADERS](response)
            compress(request, response)
        return response

    return middleware


def _where(request: web.Request) -> dict[str, Any]:
    """Facts for the log about a request that reached no operation."""
    return {
        "method": request.method,
        "path": request.path,
        "address": request.remote,
        "host": request.host,
        "origin": request.headers.get("Origin"),
    }


def _add_headers(gate: Gate, request: web.Request, request_id: str, response: web.StreamResponse) -> None:
    response.headers["X-Request-ID"] = request_id
    response.headers["X-API-Version"] = API_VERSION
    for name, text in HARDENING.items():
        response.headers.setdefault(name, text)
    if gate.is_behind_tls:
        response.headers["Strict-Transport-Security"] = HSTS
    if response.status == 401:
        response.headers["WWW-Authenticate"] = challenge(request)
    origin = request.headers.get("Origin")
    if origin is not None and gate.allows_cross_origin(origin):
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Expose-Headers"] = (
            "X-Request-ID, X-API-Version, ETag, Location, Content-Range, Content-Disposition, "
            "X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, Retry-After"
        )
        response.headers.add("Vary", "Origin")


def _is_preflight(request: web.Request) -> bool:
    return request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers


def _preflight(request: web.Request) -> web.Response:
    """Answer a preflight request of an allowed origin. Source: WHATWG Fetch, CORS."""
    return web.Response(
        status=204,
        headers={
            "Access-Control-Allow-Origin": request.headers["Origin"],
            "Access-Control-Allow-Methods": "GET, HEAD, POST, PUT, DELETE",
            "Access-Control-Allow-Headers": (
                "Authorization, Content-Type, X-API-Key, X-API-Version, If-Match, If-None-Match, Range, "
                "Idempotency-Key, Last-Event-ID, traceparent"
            ),
            "Access-Control-Max-Age": "600",
            "Vary": "Origin",
        },
    )


def _check_handshake(request: web.Request) -> None:
    if not request.headers.get("Sec-WebSocket-Key", "").isascii():
        raise InvalidField("Sec-WebSocket-Key", "Expected 16 bytes in base64.")


def check_version(request: web.Request) -> None:
    """Raises: InvalidField, if the caller requests another API version."""
    wanted = request.headers.get("X-API-Version", API_VERSION)
    if wanted != API_VERSION:
        raise InvalidField("X-API-Version", f"This server only supports version {API_VERSION}.")


async def gather(request: web.Request, shape: type[Shape], bounds: BodyLimits) -> dict[str, Any]:
    """The request as one object, from the path and the body, or the query if the method has no body.

    Raises: AppError, also if two of them contradict each other.
    """
    if request.method not in WITH_BODY:
        await _expect_no_body(request, bounds)
        return parameters(request, shape)
    _expect_no_query(request)
    gathered = dict(await _body(request, bounds))
    for name, content in _beside(request, shape).items():
        if not _is_same(gathered.setdefault(name, content), content):
            raise InvalidField(name, "The body contradicts the path or a header.")
    return gathered


def _is_same(said: Any, content: Any) -> bool:
    """Whether a body agrees with the path. `file.read` answers paths with a leading `/`."""
    if isinstance(said, str) and isinstance(content, str):
        return said.lstrip("/") == content.lstrip("/")
    return bool(said == content)


def parameters(request: web.Request, shape: type[Shape]) -> dict[str, Any]:
    """A request without a body: headers, query and path; later ones take precedence."""
    query = {name: request.query.getall(name) for name in request.query if name != TOKEN}
    return {**shape.read_texts(query), **_beside(request, shape)}


def _beside(request: web.Request, shape: type[Shape]) -> dict[str, Any]:
    names = shape.wire_names()
    given = {
        field: request.headers[header]
        for field, header in CONDITIONS.items()
        if field in names and header in request.headers
    }
    key = request.headers.get(IDEMPOTENCY_KEY_HEADER)
    if key is not None and "idempotencyKey" in names:
        given["idempotencyKey"] = _unquoted(key)
    last = request.headers.get(LAST_EVENT_ID_HEADER)
    if last is not None and "lastEventId" in names:
        given["lastEventId"] = last
    return shape.read_texts({**given, **request.match_info})


def _unquoted(header: str) -> str:
    """The text of a quoted string, as the draft has it; any other header as it is, as many clients do."""
    quoted = _QUOTED.fullmatch(header)
    return header if quoted is None else re.sub(r"\\(.)", r"\1", quoted[1])


def _expect_no_query(request: web.Request) -> None:
    """Refuse a query with a body: URLs end up in logs and histories, so changes belong in the body."""
    for name in request.query:
        if name != TOKEN:
            raise InvalidField(name[:LONGEST_NAME], f"{request.method} requests take this in the body.")


async def _expect_no_body(request: web.Request, bounds: BodyLimits) -> None:
    if await _body(request, bounds):
        raise InvalidField("", f"{request.method} requests take no body; use the query.")


async def _body(request: web.Request, bounds: BodyLimits) -> Mapping[str, Any]:
    if not request.can_read_body:
        return {}
    content = await read_body(request, bounds)
    if not content.strip():
        return {}
    _check_content_type(request)
    decoded = decode(content)
    if not isinstance(decoded, dict):
        raise InvalidField("", "Expected an object.")
    return decoded


def _check_content_type(request: web.Request) -> None:
    """A body without `Content-Type` is taken for JSON. Source: S0, "Headers"; RFC 9110, 8.3."""
    is_json = request.content_type == "application/json" or request.content_type.endswith("+json")
    if "Content-Type" in request.headers and not is_json:
        raise InvalidField("Content-Type", "Send the body as application/json.")


def _as_app_error(request: web.Request, refused: web.HTTPException) -> AppError:
    """aiohttp's own refusals as errors of S0."""
    match refused:
        case web.HTTPRequestEntityTooLarge():
            return PayloadTooLarge(request.client_max_size)
        case web.HTTPMethodNotAllowed():
            return MethodNotAllowed(
                f"{request.method} is not possible here", allowed=sorted(refused.allowed_methods)
            )
        case web.HTTPNotFound():
            return NoSuchPath(request.path)
        case web.HTTPForbidden():
            return PermissionDenied("This may not be read")
        case web.HTTPServiceUnavailable():
            return ServerOverload("The server accepts no requests at the moment")
        case _ if refused.status < 500:
            return InvalidField("", refused.reason or "The request cannot be parsed.")
        case _:
            return InternalError()
