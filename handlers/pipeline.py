"""How every call is processed, whichever door it comes through."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Awaitable
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

import structlog

from roocode_server.engine.audit.log import AuditLog
from roocode_server.engine.concurrency.keyed_locks import KeyedLocks
from roocode_server.engine.engine import Engine
from roocode_server.engine.idempotency.receipts import NO_RECEIPT, KeyedCall, Receipt, Receipts
from roocode_server.engine.limits.rates import RateLimits
from roocode_server.engine.monitoring.calls import CallRecorder
from roocode_server.engine.sessions.sessions import SessionAccess, Sessions
from roocode_server.engine.tracing.tracer import Tracer
from roocode_server.handlers.auditing import entry_of, is_audited
from roocode_server.handlers.connection import Connection
from roocode_server.handlers.operation import Operation
from roocode_server.handlers.refusals import log_refusal
from roocode_server.handlers.stream import Carrier, Stream
from roocode_server.models.error import (
    AppError,
    AuthenticationFailed,
    InternalError,
    PermissionDenied,
    RateLimitExceeded,
    TokenExpired,
)
from roocode_server.models.exhaustion import exhausted
from roocode_server.models.idempotency import IDEMPOTENCY_KEY_FIELD
from roocode_server.models.identifier import SessionId
from roocode_server.models.quota import Limit, Quota
from roocode_server.models.shape import Shape
from roocode_server.models.sharing import Access
from roocode_server.models.user import Caller, Permission

log = structlog.get_logger("operations")


@dataclass(frozen=True, slots=True)
class OperationResponse:
    """An HTTP status and a JSON-ready body: the result, or S0's error envelope."""

    status: int
    body: dict[str, Any]
    failure: AppError | None = None
    quota: Quota | None = None
    """What the caller has left of the operation's class of calls, if it was counted."""


class Pipeline:
    """Identify → role → limit → access to the session → load → once → exclusive → run → dump."""

    def __init__(
        self,
        sessions: Sessions,
        rates: RateLimits,
        audit: AuditLog,
        calls: CallRecorder,
        tracer: Tracer,
        receipts: Receipts,
    ) -> None:
        self._sessions = sessions
        self._rates = rates
        self._audit = audit
        self._calls = calls
        self._tracer = tracer
        self._receipts = receipts
        self._exclusive = KeyedLocks()

    @classmethod
    def of(cls, engine: Engine) -> Pipeline:
        """Return the pipeline of an engine's operations."""
        return cls(engine.sessions, engine.rates, engine.audit, engine.calls, engine.tracer, engine.receipts)

    async def answer(
        self,
        operation: Operation,
        caller: Caller,
        raw: object,
        connection: Carrier | None = None,
    ) -> OperationResponse:
        """Run an operation on decoded JSON. Errors become responses; only cancellation is raised.

        `raw` may be a function that reads it; it is called once it is known that the caller may request the
        operation.
        """
        with self._tracer.span(operation.name, within=caller.traceparent) as span:
            answer = await self._answer(operation, caller, raw, connection)
            span.set("roocode.door", caller.door)
            span.set("roocode.request_id", caller.request_id)
            span.set("http.response.status_code", answer.status)
            if answer.failure is not None:
                span.fail(answer.failure.code)
            return answer

    async def _answer(
        self, operation: Operation, caller: Caller, raw: object, connection: Carrier | None
    ) -> OperationResponse:
        started = self._calls.now()
        quota: Quota | None = None
        request: Shape | None = None
        try:
            check_caller(operation, caller)
            if operation.limit is not None:
                quota = await self._count(operation, operation.limit, caller, connection)
            if callable(raw):
                raw = await raw()
            place = await self._place(operation, caller, raw)
            request = operation.request.load(raw)
            named = getattr(request, operation.on) if operation.on is not None else None
            if named is not None and (place is None or named != place.session.id):
                place = await self._accessible(operation, caller, named)
            # Leaving takes the caller's own access away, which must not refuse the answer to that.
            is_leaving = operation.permission is Permission.SESSION_LEAVE
            if place is None or place.access is Access.OWNER or is_leaving:
                result = await self._run(operation, caller, request, connection, place)
            else:
                result = await self._run_as_guest(operation, caller, request, connection, place)
            status = operation.rest.status if operation.rest else 200
            answer = OperationResponse(status, result, quota=quota)
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
        failure_code = None if answer.failure is None else answer.failure.code
        self._calls.record(operation.name, started, answer.status, failure_code)
        log.debug(
            "operation",
            operation=operation.name,
            status=answer.status,
            request_id=caller.request_id,
            user_id=caller.user_id,
            duration_ms=round((self._calls.now() - started) * 1000, 2),
        )
        return answer

    async def _count(
        self, operation: Operation, limit: Limit, caller: Caller, connection: Carrier | None
    ) -> Quota | None:
        """Count the call against its rate limit. A transfer is told what remains, as its answer starts early.

        Raises: RateLimitExceeded.
        """
        quota = await self._rates.count(limit, caller, by_address=operation.is_anybodys)
        if operation.streams is not None and quota is not None:
            cast(Stream, connection).limit(quota)
        return quota

    async def _place(self, operation: Operation, caller: Caller, raw: object) -> SessionAccess | None:
        """The session that the request names, if the caller may do this there; checked before the rest is
        read.

        None if the request names no session; loading then reports what is wrong with it.
        Raises: NotFound, PermissionDenied.
        """
        if operation.on is None:
            return None
        session_id = operation.request.load_field(operation.on, raw)
        return None if session_id is None else await self._accessible(operation, caller, session_id)

    async def _accessible(self, operation: Operation, caller: Caller, session_id: SessionId) -> SessionAccess:
        """Raises: NotFound, PermissionDenied."""
        assert operation.permission is not None  # noqa: S101 - the registry refuses such a declaration
        return await self._sessions.accessible(caller, session_id, operation.permission)

    async def _run(
        self,
        operation: Operation,
        caller: Caller,
        request: Shape,
        connection: Carrier | None,
        place: SessionAccess | None,
    ) -> dict[str, Any]:
        """Run the operation, unless it has been run with the request's idempotency key; return its answer."""
        perform = partial(self._perform, operation, caller, request, connection, place)
        key = getattr(request, IDEMPOTENCY_KEY_FIELD) if operation.needs_receipt else None
        if key is None:
            return await perform(NO_RECEIPT)
        call = KeyedCall(
            user_id=caller.user_id,
            key=key,
            session_id=None if place is None else place.session.id,
            operation=operation.name,
            request=dataclasses.replace(request, **{IDEMPOTENCY_KEY_FIELD: None}).dump(),  # type: ignore[type-var]
        )
        return await self._receipts.once(call, perform)

    async def _perform(
        self,
        operation: Operation,
        caller: Caller,
        request: Shape,
        connection: Carrier | None,
        place: SessionAccess | None,
        receipt: Receipt,
    ) -> dict[str, Any]:
        """Run the operation, after those that it must not overlap."""
        if not operation.exclusive:
            return (await operation.run(caller, request, connection, place, receipt)).dump()
        key = (operation.namespace, *(getattr(request, name) for name in operation.exclusive))
        async with self._exclusive.holding(key):
            return (await operation.run(caller, request, connection, place, receipt)).dump()

    async def _run_as_guest(
        self,
        operation: Operation,
        caller: Caller,
        request: Shape,
        connection: Carrier | None,
        place: SessionAccess,
    ) -> dict[str, Any]:
        """Run the operation for somebody whose access to the session can be taken away meanwhile.

        Then they get no answer but the refusal. What only reads or streams ends at once; what changes
        something is not left half done. Raises: NotFound, PermissionDenied.
        """
        session_id, permission = place.session.id, operation.permission
        assert permission is not None  # noqa: S101 - the registry refuses such a declaration
        ends = operation.ends_with_caller or operation.streams is not None or operation.needs_connection
        refusals: list[AppError] = []

        def end(refusal: AppError) -> None:
            refusals.append(refusal)
            if ends:
                scope.reschedule(0)

        try:
            async with asyncio.timeout(None) as scope:
                leave = self._sessions.sharing.watch.follow(session_id, caller, permission, end)
                try:
                    # Once more: it may have been taken away before this call was watched.
                    place = await self._accessible(operation, caller, session_id)
                    result = await self._run(operation, caller, request, connection, place)
                finally:
                    leave()
        except TimeoutError:
            if not refusals:
                raise
        if refusals:
            if operation.needs_connection:
                cast(Connection, connection).unfollow(session_id)
            raise refusals[0]
        return result


async def answered(name: str, request_id: str, call: Awaitable[Any]) -> OperationResponse:
    """The response to a dialect's call. Errors become responses; only cancellation is raised."""
    try:
        return OperationResponse(200, await call)
    except Exception as failure:
        refusal = refusal_of(failure, "method failed", method=name[:100], request_id=request_id)
        return refuse(refusal, request_id, method=name)


def refusal_of(failure: Exception, event: str, **facts: object) -> AppError:
    """The answer for a failure that is being handled; a defect is logged with its traceback, and is the cause
    of its answer.
    """
    if isinstance(failure, AppError):
        return failure
    overload = exhausted(failure)
    if overload is not None:
        return overload
    log.exception(event, **facts)
    defect = InternalError()
    defect.__cause__ = failure
    return defect


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
    if not isinstance(failure, InternalError):  # its traceback is in the log
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
