"""The REST routes of transfers: the pipeline of all operations, with bytes instead of JSON."""

from __future__ import annotations

from typing import Any, Final

from aiohttp import web

from roocode_server.engine.accounts.watch import CredentialWatch
from roocode_server.handlers.operation import Operation, Registry
from roocode_server.handlers.pipeline import OperationResponse, Pipeline, refuse
from roocode_server.models.error import AppError, RangeNotSatisfiable
from roocode_server.models.event_stream import EVENT_STREAM
from roocode_server.models.user import Caller
from roocode_server.server.doors.rest import (
    ADD_HEADERS,
    REQUEST_ID,
    Handler,
    check_version,
    location,
    parameters,
    respond,
)
from roocode_server.server.doors.stream import HttpStream
from roocode_server.server.identity import Authenticator

PATH_FIELD: Final = "path"


class TransferDoor:
    """The routes of the operations that stream bytes."""

    def __init__(
        self,
        transfers: Registry,
        pipeline: Pipeline,
        identity: Authenticator,
        watch: CredentialWatch,
        *,
        idle_timeout_s: float,
    ) -> None:
        self._transfers = transfers
        self._pipeline = pipeline
        self._identity = identity
        self._watch = watch
        self._idle_timeout_s = idle_timeout_s

    def add_routes(self, app: web.Application) -> None:
        """Mount all transfers. Must precede the other REST routes, whose file paths would match as well."""
        for declared in self._transfers.values():
            assert declared.rest is not None and declared.streams is not None  # noqa: S101
            if EVENT_STREAM in declared.streams.download:
                continue  # `EventStreamDoor` has these
            needs_path = PATH_FIELD in declared.wire_names
            resource = (_WithPath if needs_path else web.DynamicResource)(declared.rest.path)
            app.router.register_resource(resource)
            handler = self._serve(declared)
            for method in [declared.rest.method, *(["HEAD"] if declared.streams.download else [])]:
                resource.add_route(method, handler)

    def _serve(self, declared: Operation) -> Handler:
        async def serve(request: web.Request) -> web.StreamResponse:
            request_id = request[REQUEST_ID]
            try:
                check_version(request)
                caller = await self._identity.of_request(request, request_id)
            except AppError as failure:
                return respond(refuse(failure, request_id, operation=declared.name, address=request.remote))
            stream = HttpStream(request, request[ADD_HEADERS], self._idle_timeout_s)
            leave = self._watch.follow(caller, stream.abort)
            try:
                answer = await self._pipeline.answer(
                    declared, caller, parameters(request, declared.request), stream
                )
            finally:
                leave()
            if stream.response is None:
                return _answered(request, declared, caller, answer)
            if not stream.is_whole:
                stream.abort()
            return stream.response

        return serve


class _WithPath(web.DynamicResource):
    """A resource that only matches if the query has a `path`; otherwise the URL is that of a file."""

    async def resolve(self, request: web.Request) -> Any:
        """Match the request only if its query has a `path`."""
        return await super().resolve(request) if PATH_FIELD in request.query else (None, set())


def _answered(
    request: web.Request, declared: Operation, caller: Caller, answer: OperationResponse
) -> web.Response:
    binding = declared.rest
    if binding is not None and binding.made_if is not None and answer.body.get(binding.made_if):
        answer = OperationResponse(201, answer.body, quota=answer.quota)
    response = respond(answer, binding)
    if answer.status == 201:
        response.headers["Location"] = location(request, declared.rest, caller, answer)
    if isinstance(answer.failure, RangeNotSatisfiable):
        response.headers["Content-Range"] = f"bytes */{answer.failure.details['sizeBytes']}"
    return response
