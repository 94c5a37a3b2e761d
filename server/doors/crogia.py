"""S3's REST door: its endpoints below `/api`, beside S0's below `/api/v1`. Source: S3."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aiohttp import web

from roocode_server.handlers.dialects.crogia.endpoint import Asking, CrogiaEndpoint, refuse
from roocode_server.handlers.dialects.crogia.endpoints import ENDPOINTS
from roocode_server.handlers.dialects.dialect import Operations
from roocode_server.handlers.pipeline import answered
from roocode_server.handlers.refusals import log_refusal
from roocode_server.models.error import AppError, AuthenticationFailed, MethodNotAllowed, NotFound
from roocode_server.models.quota import Quota
from roocode_server.models.settings import ServerSettings
from roocode_server.models.tool import ToolGroup
from roocode_server.server.doors.bodies import BodyLimits
from roocode_server.server.doors.rest import REQUEST_ID, Handler, gather, limit_headers, respond_with
from roocode_server.server.identity import Authenticator

ANYTHING_ELSE = "/api/{path:(?!v[0-9]+(?:/|$)).*}"


class CrogiaDoor:
    """The routes of S3's REST interface."""

    def __init__(
        self,
        operations: Operations,
        identity: Authenticator,
        allowed: Sequence[ToolGroup],
        settings: ServerSettings,
    ) -> None:
        self._operations = operations
        self._identity = identity
        self._allowed = allowed
        self._settings = settings
        self._routes: list[web.AbstractRoute] = []

    def add_routes(self, app: web.Application) -> None:
        """Mount all endpoints. Other paths below `/api` are refused in S3's form."""
        for endpoint in ENDPOINTS:
            handler = self._serve(endpoint)
            for method in (endpoint.verb, *(["HEAD"] if endpoint.verb == "GET" else [])):
                self._routes.append(app.router.add_route(method, endpoint.path, handler))
        app.router.add_route("*", ANYTHING_ELSE, self._refuse)

    def _serve(self, endpoint: CrogiaEndpoint) -> Handler:
        async def serve(request: web.Request) -> web.Response:
            quotas: list[Quota] = []
            done = await answered(endpoint.name, request[REQUEST_ID], self._run(endpoint, request, quotas))
            body: Any = done.body if done.failure is None else refuse(done.failure)
            response = respond_with(done.status, body)
            scarcest = done.quota or min(quotas, key=lambda quota: quota.remaining, default=None)
            response.headers.update(limit_headers(scarcest, done.failure))
            return response

        return serve

    async def _run(self, endpoint: CrogiaEndpoint, request: web.Request, quotas: list[Quota]) -> Any:
        request_id = request[REQUEST_ID]
        if endpoint.is_open:
            caller = self._identity.nobody(request, request_id)
        else:
            caller = await self._identity.of_request(request, request_id)
            if caller.is_anonymous:
                raise AuthenticationFailed
        raw = await gather(request, endpoint.request, BodyLimits.of(self._settings, caller))
        asked = endpoint.request.load(raw)
        asking = Asking(
            caller=caller,
            operations=self._operations,
            endpoint=endpoint,
            allowed=self._allowed,
            quotas=quotas,
        )
        return await endpoint.answer(asking, asked)

    async def _refuse(self, request: web.Request) -> web.Response:
        """The answer to an unknown endpoint, or to a wrong method. Source: RFC 9110, 15.5.6."""
        methods = sorted({method for route in self._routes for method in await _methods(route, request)})
        if not methods:
            missing = NotFound("path", request.path[:200])
            return _refused(request, missing)
        wrong: AppError = MethodNotAllowed(
            f"{request.method} is not possible here; allowed: {', '.join(methods)}"
        )
        response = _refused(request, wrong)
        response.headers["Allow"] = ", ".join(methods)
        return response


def _refused(request: web.Request, failure: AppError) -> web.Response:
    log_refusal(failure, request[REQUEST_ID], path=request.path, address=request.remote)
    return respond_with(failure.status, refuse(failure))


async def _methods(route: web.AbstractRoute, request: web.Request) -> set[str]:
    """The methods of a route, if its path matches the request."""
    if route.resource is None:
        return set()
    found, allowed = await route.resource.resolve(request)
    return allowed if found is None else allowed | {route.method}
