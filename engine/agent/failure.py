"""How a task that cannot go on ends."""

from __future__ import annotations

from roocode_server.models.task import TaskError


class TaskFailure(Exception):
    """The task cannot go on; it ends as failed with this code and message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.error = TaskError(code=code, message=message)
