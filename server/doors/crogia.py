"""S3's REST door: its endpoints below `/api`, beside S0's below `/api/v1`. Source: S3."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from handlers.dialects.crogia.endpoint import Asking, Endpoint, refuse
from handlers.dialects.crogia.endpoints import ENDPOINTS
from handlers.dialects.dialect import Operations
from handlers.pipeline import answered
from models.error import AppError, NotFound
from server.doors.rest import REQUEST_ID, Handler, gather, respond_with
from server.identity import Identity

ANYTHING_ELSE = "/api/{path:(?!v[0-9]+(?:/|$)).*}"


class CrogiaDoor:
    """Routes of the dialect."""

    def __init__(self, operations: Operations, identity: Identity) -> None:
        self._operations = operations
        self._identity = identity

    def add_routes(self, app: web.Application) -> None:
        """Mount every endpoint; what else is asked for there is refused in S3's form."""
        for endpoint in ENDPOINTS:
            app.router.add_route(endpoint.verb, endpoint.path, self._serve(endpoint))
        app.router.add_route("*", ANYTHING_ELSE, _refuse)

    def _serve(self, endpoint: Endpoint) -> Handler:
        async def serve(request: web.Request) -> web.Response:
            done = await answered(endpoint.name, request[REQUEST_ID], self._run(endpoint, request))
            body: Any = done.body if done.failure is None else refuse(done.failure)
            return respond_with(done.status, body)

        return serve

    async def _run(self, endpoint: Endpoint, request: web.Request) -> Any:
        request_id = request[REQUEST_ID]
        if endpoint.is_open:
            caller = self._identity.nobody(request, request_id)
        else:
            caller = await self._identity.of_request(request, request_id)
        asked = endpoint.request.load(await gather(request))
        asking = Asking(caller=caller, operations=self._operations, endpoint=endpoint)
        return await endpoint.run(asking, asked)


async def _refuse(request: web.Request) -> web.Response:
    failure: AppError = NotFound("path", request.path[:200])
    return respond_with(failure.status, refuse(failure))
