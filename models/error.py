"""The errors that callers see. They are raised where the problem is known, and translated once at the door.

Source: S0, "Error Handling": the envelope, the statuses and the first eight codes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from roocode_server.models.cleaning import cleaned, cleaned_text
from roocode_server.models.clock import format_time, now
from roocode_server.models.quota import WINDOW_S, Quota


class AppError(Exception):
    """An error with a stable code.

    `message` tells the caller what to do next; `details` contains the facts.
    """

    code: ClassVar[str]
    status: ClassVar[int]
    is_logged = False
    """Whether it has been logged: an error passes several layers on its way to the caller."""

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details = details

    def body(self, request_id: str) -> dict[str, Any]:
        """Return S0's error envelope."""
        return {
            "error": {
                "code": self.code,
                "message": cleaned_text(self.message),
                "details": cleaned(self.details),
                "timestamp": format_time(now()),
                "requestId": request_id,
            }
        }


@dataclass(frozen=True, slots=True)
class FieldMistake:
    """What is wrong with one field; `field` is its dotted wire name, empty for the whole body."""

    field: str
    reason: str


class ValidationFailed(AppError):
    """The request is malformed: wrong type, missing or unknown field, value out of range."""

    code = "VALIDATION_ERROR"
    status = 400

    def __init__(self, mistakes: Sequence[FieldMistake]) -> None:
        first = mistakes[0]
        super().__init__("Invalid request data", field=first.field, reason=first.reason)
        if len(mistakes) > 1:
            self.details["fields"] = [{"field": m.field, "reason": m.reason} for m in mistakes]


class InvalidField(ValidationFailed):
    """One field has a value that cannot be used."""

    def __init__(self, field: str, reason: str, **details: Any) -> None:
        super().__init__([FieldMistake(field, reason)])
        self.details.update(details)


class AuthenticationFailed(AppError):
    """Credentials are missing, wrong, revoked or forged."""

    code = "AUTHENTICATION_FAILED"
    status = 401

    def __init__(
        self, message: str = "Valid credentials are required: an API key or an access token"
    ) -> None:
        super().__init__(message)


class TokenExpired(AppError):
    """The access or refresh token has expired; refresh it or log in again."""

    code = "TOKEN_EXPIRED"
    status = 401

    def __init__(self) -> None:
        super().__init__("The token has expired; refresh it or log in again")


class PermissionDenied(AppError):
    """The caller is authenticated but not permitted to do this."""

    code = "PERMISSION_DENIED"
    status = 403


class NotFound(AppError):
    """The resource does not exist, or belongs to another user: the answer is the same."""

    code = "RESOURCE_NOT_FOUND"
    status = 404

    def __init__(self, resource: str, identifier: str, **details: object) -> None:
        super().__init__(f"No such {resource}", resource=resource, id=identifier, **details)


class NoSuchPath(NotFound):
    """The server has nothing at this path (REST)."""

    def __init__(self, path: str) -> None:
        AppError.__init__(self, "No such path; see /docs", resource="path", id=path[:200])


class UnknownOperation(AppError):
    """There is no operation with this name (Socket.IO)."""

    code = "UNKNOWN_OPERATION"
    status = 404

    def __init__(self, name: str) -> None:
        super().__init__(
            "There is no operation with this name in this namespace; see /docs", operation=name[:100]
        )


class MethodNotAllowed(AppError):
    """The path exists, but not with this method (REST)."""

    code = "METHOD_NOT_ALLOWED"
    status = 405


class MethodNotImplemented(AppError):
    """No path accepts this method (REST)."""

    code = "METHOD_NOT_IMPLEMENTED"
    status = 501


class RequestTimeout(AppError):
    """The request did not arrive completely in time (REST)."""

    code = "REQUEST_TIMEOUT"
    status = 408

    def __init__(self, limit_s: float) -> None:
        super().__init__("The request did not arrive in time; send it again, without pauses", limitS=limit_s)


class Conflict(AppError):
    """The request is not possible in the resource's present state."""

    code = "RESOURCE_CONFLICT"
    status = 409


class IdempotencyKeyInUse(AppError):
    """The first call with this idempotency key has not been answered yet; repeat this one in a moment."""

    code = "IDEMPOTENCY_KEY_IN_USE"
    status = 409

    def __init__(self) -> None:
        super().__init__(
            "The first call with this idempotency key is still under way; repeat this one in a moment"
        )


class IdempotencyKeyReused(AppError):
    """The first call with this idempotency key, less than a day ago, asked for something else."""

    code = "IDEMPOTENCY_KEY_REUSED"
    status = 422

    def __init__(self) -> None:
        super().__init__(
            "A call that asked for something else has used this idempotency key; use another one"
        )


class PayloadTooLarge(AppError):
    """The body or packet is larger than the server accepts."""

    code = "PAYLOAD_TOO_LARGE"
    status = 413

    def __init__(self, limit_bytes: int) -> None:
        super().__init__("The request is too large", limitBytes=limit_bytes)


class RangeNotSatisfiable(AppError):
    """The requested range begins after the end of the file (REST)."""

    code = "RANGE_NOT_SATISFIABLE"
    status = 416

    def __init__(self, size_bytes: int) -> None:
        super().__init__("The file is shorter than the requested range", sizeBytes=size_bytes)


class RateLimitExceeded(AppError):
    """Too many requests of one class in a minute, or too many open connections."""

    code = "RATE_LIMIT_EXCEEDED"
    status = 429

    def __init__(
        self, message: str, *, retry_after_s: int, quota: Quota | None = None, **details: Any
    ) -> None:
        super().__init__(
            f"{message}; wait {retry_after_s} s before trying again", retryAfter=retry_after_s, **details
        )
        self.retry_after_s = retry_after_s
        self.quota = quota

    @classmethod
    def of_calls(cls, quota: Quota, moment: float) -> RateLimitExceeded:
        """Build the error for a quota that is used up; `moment` is in seconds since 1970."""
        return cls(
            "Too many requests",
            retry_after_s=quota.retry_after_s(moment),
            quota=quota,
            limit=quota.limit,
            most=quota.most,
            windowS=WINDOW_S,
        )


class WorkspaceLimitExceeded(AppError):
    """The session has used up its `resourceLimits`, or the user has as many sessions or tasks as they may."""

    code = "WORKSPACE_LIMIT_EXCEEDED"
    status = 409


class ToolExecutionFailed(AppError):
    """The tool could not be run at all; a tool that ran and failed is a result, not an error."""

    code = "TOOL_EXECUTION_FAILED"
    status = 500


class ProcessKillFailed(AppError):
    """The system refuses to send a signal to the process. Source: S4, "Error Codes and Handling"."""

    code = "PROCESS_KILL_FAILED"
    status = 500

    def __init__(self, pid: int, reason: str) -> None:
        super().__init__(f"Failed to kill process {pid}: {reason}", pid=pid)


class ExtraNotInstalled(AppError):
    """This needs optional packages that are not installed."""

    code = "EXTRA_NOT_INSTALLED"
    status = 501

    def __init__(self, subject: str, extra: str) -> None:
        super().__init__(
            f"{subject} needs packages that are not installed here. Install them with "
            f'`pip install "roocode-server[{extra}]"`, in a checkout with `make {extra}`; '
            "then start the server again.",
            extra=extra,
        )


class ServerOverload(AppError):
    """The server accepts no work at the moment: it is stopping, or full. Try again later."""

    code = "SERVER_OVERLOAD"
    status = 503


class InternalError(AppError):
    """An unexpected error; the log has it under the request id."""

    code = "INTERNAL_ERROR"
    status = 500

    def __init__(self) -> None:
        super().__init__("The server failed to answer; the request id finds the reason in its log")
