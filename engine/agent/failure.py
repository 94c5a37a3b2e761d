"""The failure of a task."""

from __future__ import annotations

from typing import Any

from roocode_server.models.task import TaskError


class TaskFailure(Exception):
    """The task cannot go on and ends as failed, with this code, message and details."""

    def __init__(self, code: str, message: str, *, details: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.error = TaskError(code=code, message=message, details=details)
