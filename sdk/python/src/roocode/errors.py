"""What can go wrong, as exceptions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class RooCodeError(Exception):
    """The server has refused a call.

    `code` is stable: decide by it (docs/errors.md of the server lists them). `details` has the facts,
    `request_id` finds the call in the server's log. `status` is that of HTTP, or 0 where the refusal came
    over Socket.IO.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        status: int = 0,
        details: Mapping[str, Any] | None = None,
        request_id: str | None = None,
    ) -> None:
        self.code = code
        self.message = message
        self.status = status
        self.details: Mapping[str, Any] = details or {}
        self.request_id = request_id
        super().__init__(f"{code}: {self.explanation}" + (f" ({request_id})" if request_id else ""))

    @property
    def explanation(self) -> str:
        """The message, and from `details` what is wrong in which field, and which names there are."""
        several = self.details.get("fields")
        mistakes = several if isinstance(several, list) else [self.details]
        reasons = [_reason(each) for each in mistakes if isinstance(each, Mapping) and each.get("reason")]
        text = ": ".join([self.message, "; ".join(reasons)]) if reasons else self.message
        known = self.details.get("known")
        if not isinstance(known, list):
            return text
        return f"{text}. There are: {', '.join(map(str, known))}"


def _reason(mistake: Mapping[str, Any]) -> str:
    field, reason = mistake.get("field"), mistake["reason"]
    return (f"{field}: {reason}" if field else str(reason)).removesuffix(".")


class AuthenticationFailed(RooCodeError):
    """The credentials are missing, wrong, revoked or expired."""


class PermissionDenied(RooCodeError):
    """The caller may not do this."""


class NotFound(RooCodeError):
    """It does not exist, or belongs to somebody else."""


class Conflict(RooCodeError):
    """The call does not fit the present state; read it and decide again."""


class ValidationFailed(RooCodeError):
    """The request is malformed; `details` names the field."""


class RateLimited(RooCodeError):
    """Too many calls, and the client has waited as often as it may."""


class ConnectionFailed(Exception):
    """The server could not be reached, or the connection broke before it answered.

    A call that is not idempotent may have taken effect.
    """


class CallTimeout(ConnectionFailed):
    """The server did not answer in time."""


class UnexpectedAnswer(Exception):
    """The answer is not one of this server: a proxy's page, or one of an incompatible version."""


class SignatureInvalid(Exception):
    """The request is not a webhook's, was changed, or is too old."""


class TaskFailed(Exception):
    """The task has failed or was cancelled; raised by `result()`."""

    def __init__(self, task_id: str, code: str, message: str) -> None:
        super().__init__(f"{task_id}: {code}: {message}")
        self.task_id = task_id
        self.code = code
        self.message = message


_BY_STATUS: Mapping[int, type[RooCodeError]] = {
    400: ValidationFailed,
    401: AuthenticationFailed,
    403: PermissionDenied,
    404: NotFound,
    409: Conflict,
    429: RateLimited,
}
_BY_CODE: Mapping[str, type[RooCodeError]] = {
    "AUTHENTICATION_FAILED": AuthenticationFailed,
    "TOKEN_EXPIRED": AuthenticationFailed,
    "PERMISSION_DENIED": PermissionDenied,
    "RESOURCE_NOT_FOUND": NotFound,
    "RESOURCE_CONFLICT": Conflict,
    "VALIDATION_ERROR": ValidationFailed,
    "RATE_LIMIT_EXCEEDED": RateLimited,
}


def refusal(body: object, status: int = 0) -> RooCodeError | None:
    """Return the error that an answer holds; None if it holds none."""
    error = body.get("error") if isinstance(body, Mapping) else None
    if not isinstance(error, Mapping) or not isinstance(error.get("code"), str):
        return None
    code = error["code"]
    kind = _BY_CODE.get(code) or _BY_STATUS.get(status, RooCodeError)
    return kind(
        code,
        str(error.get("message", "")),
        status=status,
        details=error.get("details"),
        request_id=error.get("requestId"),
    )
