"""To which trace the work on each task belongs."""

from __future__ import annotations

from roocode_server.engine.storage.database import Transaction
from roocode_server.engine.storage.task_traces import TaskTraceRepository
from roocode_server.engine.tracing.tracer import Tracer
from roocode_server.models.identifier import TaskId


class TaskTraces:
    """Remembers the span that created a task, so that all work on it is part of the same trace."""

    def __init__(self, tracer: Tracer, repository: TaskTraceRepository) -> None:
        self._tracer = tracer
        self._repository = repository

    async def keep(self, unit: Transaction, task_id: TaskId) -> None:
        """Store the current span, if there is one, with a new task."""
        traceparent = self._tracer.traceparent
        if traceparent is not None:
            await self._repository.insert(unit, task_id, traceparent)

    async def find(self, task_id: TaskId) -> str | None:
        """Return the span that created a task; None if there is none, or if traces are not exported."""
        return await self._repository.find(task_id) if self._tracer.is_exporting else None
