"""How every call is processed, whichever door it comes through."""

from __future__ import annotations

import time
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any, cast

import structlog

from roocode_server.engine.audit.log import AuditLog
from roocode_server.engine.concurrency.keyed_locks import KeyedLocks
from roocode_server.engine.limits.rates import RateLimits
from roocode_server.engine.sessions.sessions import Sessions
from roocode_server.handlers.auditing import entry_of, is_audited
from roocode_server.handlers.connection import Connection
from roocode_server.handlers.operation import Operation
from roocode_server.handlers.refusals import log_refusal
from roocode_server.handlers.stream import Stream
from roocode_server.models.error import (
    AppError,
    AuthenticationFailed,
    InternalError,
    PermissionDenied,
    RateLimitExceeded,
    TokenExpired,
)
from roocode_server.models.exhaustion import exhausted
from roocode_server.models.quota import Limit, Quota
from roocode_server.models.session import Session
from roocode_server.models.shape import Shape
from roocode_server.models.user import Caller

log = structlog.get_logger("operations")


@dataclass(frozen=True, slots=True)
class OperationResponse:
    """An HTTP status and a JSON-ready body: the result, or S0's error envelope."""

    status: int
    body: dict[str, Any]
    failure: AppError | None = None
    quota: Quota | None = None
    """What the caller has left of the operation's class of calls, where it has been counted."""


class Pipeline:
    """Identify → role → limit → the session's own access → load → exclusive → run → dump."""

    def __init__(self, sessions: Sessions, rates: RateLimits, audit: AuditLog) -> None:
        self._sessions = sessions
        self._rates = rates
        self._audit = audit
        self._exclusive = KeyedLocks()

    async def answer(
        self,
        operation: Operation,
        caller: Caller,
        raw: object,
        connection: Connection | Stream | None = None,
    ) -> OperationResponse:
        """Run an operation on decoded JSON. Errors become responses; only cancellation is raised.

        `raw` may be a function that reads it; it is called once it is known that the caller may request the
        operation.
        """
        started = time.perf_counter()
        quota: Quota | None = None
        request: Shape | None = None
        try:
            check_caller(operation, caller)
            if operation.limit is not None:
                quota = await self._count(operation, operation.limit, caller, connection)
            if callable(raw):
                raw = await raw()
            session = await self._accessible(operation, caller, raw)
            request = operation.request.load(raw)
            named = getattr(request, operation.on) if operation.on is not None else None
            if named is not None and (session is None or named != session.id):
                session = await self._sessions.accessible(caller, named)
            if operation.exclusive:
                key = (operation.namespace, *(getattr(request, name) for name in operation.exclusive))
                async with self._exclusive.holding(key):
                    result = await operation.run(caller, request, connection, session)
            else:
                result = await operation.run(caller, request, connection, session)
            status = operation.rest.status if operation.rest else 200
            answer = OperationResponse(status, result.dump(), quota=quota)
        except Exception as failure:
            answer = refuse(
                refusal_of(
                    failure, "operation failed", operation=operation.name, request_id=caller.request_id
                ),
                caller.request_id,
                operation=operation.name,
                user_id=caller.user_id,
                address=caller.address,
                quota=quota,
            )
        if is_audited(operation, caller, answer.status):
            await self._audit.record(entry_of(operation, caller, request, answer.body, answer.status))
        log.debug(
            "operation",
            operation=operation.name,
            status=answer.status,
            request_id=caller.request_id,
            user_id=caller.user_id,
            duration_ms=round((time.perf_counter() - started) * 1000, 2),
        )
        return answer

    async def _count(
        self, operation: Operation, limit: Limit, caller: Caller, connection: Connection | Stream | None
    ) -> Quota | None:
        """Count the call against its rate limit. A transfer is told what remains, as its answer starts early.

        Raises: RateLimitExceeded.
        """
        quota = await self._rates.count(limit, caller, by_address=operation.is_anybodys)
        if operation.streams is not None and quota is not None:
            cast(Stream, connection).limit(quota)
        return quota

    async def _accessible(self, operation: Operation, caller: Caller, raw: object) -> Session | None:
        """The session that the request names, if the caller may access it; checked before the rest is read.

        None if the request names no session; loading then reports what is wrong with it. Raises: NotFound.
        """
        if operation.on is None:
            return None
        session_id = operation.request.load_field(operation.on, raw)
        return None if session_id is None else await self._sessions.accessible(caller, session_id)


async def answered(name: str, request_id: str, call: Awaitable[Any]) -> OperationResponse:
    """The response to a dialect's call. Errors become responses; only cancellation is raised."""
    try:
        return OperationResponse(200, await call)
    except Exception as failure:
        refusal = refusal_of(failure, "method failed", method=name[:100], request_id=request_id)
        return refuse(refusal, request_id, method=name)


def refusal_of(failure: Exception, event: str, **facts: object) -> AppError:
    """What a caller is told of a failure that is being handled; a defect is logged with its traceback."""
    if isinstance(failure, AppError):
        return failure
    overload = exhausted(failure)
    if overload is None:
        log.exception(event, **facts)
    return overload or InternalError()


def refuse(
    failure: AppError,
    request_id: str,
    operation: str = "",
    *,
    quota: Quota | None = None,
    **where: object,
) -> OperationResponse:
    """The response for a failure, which is logged as well. `where` holds additional fields for the log."""
    if isinstance(failure, RateLimitExceeded):
        quota = failure.quota
    if not isinstance(failure, InternalError):  # that has its traceback in the log
        log_refusal(failure, request_id, operation, **where)
    return OperationResponse(failure.status, failure.body(request_id), failure, quota)


def check_caller(operation: Operation, caller: Caller) -> None:
    """Check that the caller may request the operation at all, before the request itself is looked at.

    Raises: AuthenticationFailed, TokenExpired, PermissionDenied.
    """
    if operation.permission is None:
        return
    if caller.is_anonymous:
        raise AuthenticationFailed
    if caller.is_expired:
        raise TokenExpired
    if not caller.may(operation.permission):
        raise PermissionDenied(f"This needs the permission {operation.permission.value}")
