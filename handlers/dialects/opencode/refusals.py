"""Errors in S4's form and with its codes. Source: S4, "Error Codes and Handling"."""

from __future__ import annotations

import enum
import sqlite3
from collections.abc import Mapping
from dataclasses import field as shape_field
from typing import Any, Final

from roocode_server.handlers.dialects.opencode.typed_answer import TIME, Content, TypedAnswer
from roocode_server.models.cleaning import cleaned, cleaned_text
from roocode_server.models.clock import format_time, now
from roocode_server.models.error import (
    AppError,
    InternalError,
    NotFound,
    PermissionDenied,
    ProcessKillFailed,
    RateLimitExceeded,
    ServerOverload,
    ValidationFailed,
)
from roocode_server.models.quota import WINDOW_S
from roocode_server.models.shape import value

LONGEST_VALUE: Final = 200
"""The most characters of a caller's own value that an error repeats."""


class RefusalCode(enum.StrEnum):
    """S4's codes; where it has none, errors have that of their operation.

    Source: S4, "Error Codes and Handling".
    """

    INVALID_JSON = "INVALID_JSON"
    UNKNOWN_MESSAGE_TYPE = "UNKNOWN_MESSAGE_TYPE"
    MISSING_REQUIRED_FIELD = "MISSING_REQUIRED_FIELD"
    INVALID_FIELD_VALUE = "INVALID_FIELD_VALUE"
    INVALID_TASK_DATA = "INVALID_TASK_DATA"
    TASK_NOT_FOUND = "TASK_NOT_FOUND"
    PROCESS_NOT_FOUND = "PROCESS_NOT_FOUND"
    TASK_ALREADY_EXISTS = "TASK_ALREADY_EXISTS"
    PROCESS_KILL_FAILED = ProcessKillFailed.code
    DATABASE_ERROR = "DATABASE_ERROR"
    FILESYSTEM_ERROR = "FILESYSTEM_ERROR"
    PERMISSION_DENIED = PermissionDenied.code
    RATE_LIMIT_EXCEEDED = RateLimitExceeded.code
    SERVER_OVERLOAD = ServerOverload.code
    CONNECTION_LOST = "CONNECTION_LOST"
    HEARTBEAT_TIMEOUT = "HEARTBEAT_TIMEOUT"


_NOT_FOUND: Final = {
    "task": (RefusalCode.TASK_NOT_FOUND, "Task with ID '{}' not found", "task_id"),
    "process": (RefusalCode.PROCESS_NOT_FOUND, "Process with ID '{}' not found", "pid"),
}
_FIELDS: Final = {
    "clientId": "id",
    "input": "description",
    "filesPattern": "files_pattern",
    "config.timeout": "timeout",
    "taskId": "task_id",
}
"""The fields of operations, by S4's names."""


@value
class TypedRefusal(TypedAnswer):
    """Something failed; the connection goes on. `details` has the facts, by code."""

    kind = "error"
    code: str
    message: str
    details: dict[str, Any] = shape_field(default_factory=dict)
    timestamp: str | None = shape_field(default=None, metadata=TIME)


class MessageRefused(Exception):
    """A message that is answered with an error of S4's own."""

    def __init__(self, code: RefusalCode, message: str, **details: Any) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = details

    @property
    def content(self) -> Content:
        """The answer."""
        return told_refusal(self.code, self.message, self.details)


def task_not_found(task_id: str) -> MessageRefused:
    """The refusal for a task that does not exist, or is not the caller's to see."""
    return MessageRefused(RefusalCode.TASK_NOT_FOUND, f"Task with ID '{task_id}' not found", task_id=task_id)


def told_refusal(code: str, message: str, details: Mapping[str, Any]) -> Content:
    """An error as S4 tells it."""
    return TypedRefusal(
        code=str(code),
        message=cleaned_text(message),
        details=cleaned(dict(details)),
        timestamp=format_time(now()),
    ).said()


def refused(failure: AppError) -> Content:
    """An error of an operation; where S4 has no code for it, with its own."""
    match failure:
        case NotFound() if failure.details["resource"] in _NOT_FOUND:
            code, message, field = _NOT_FOUND[failure.details["resource"]]
            identifier = failure.details["id"]
            return told_refusal(code, message.format(identifier), {field: identifier})
        case ValidationFailed():
            field = _FIELDS.get(failure.details["field"], failure.details["field"])
            reason = failure.details["reason"]
            told = {"field": field, "expected": failure.details.get("known", reason)}
            return told_refusal(RefusalCode.INVALID_FIELD_VALUE, f"Invalid {field} value: {reason}", told)
        case RateLimitExceeded():
            told = {
                "retry_after_seconds": failure.retry_after_s,
                "current_limit": failure.details.get("most"),
                "time_window_seconds": WINDOW_S,
                "limit": failure.details.get("limit"),
            }
            return told_refusal(failure.code, failure.message, told)
        case InternalError():
            return told_refusal(_code_of_defect(failure), failure.message, {})
        case _:
            return told_refusal(failure.code, failure.message, failure.details)


def _code_of_defect(failure: InternalError) -> str:
    cause = failure.__cause__
    while cause is not None:
        if isinstance(cause, sqlite3.Error):
            return RefusalCode.DATABASE_ERROR
        if isinstance(cause, OSError):
            return RefusalCode.FILESYSTEM_ERROR
        cause = cause.__cause__
    return failure.code


def shortened(content: Any) -> Any:
    """A caller's value as an error repeats it."""
    if isinstance(content, str):
        return content[:LONGEST_VALUE]
    if isinstance(content, list | dict):
        return "a list" if isinstance(content, list) else "an object"
    return content
