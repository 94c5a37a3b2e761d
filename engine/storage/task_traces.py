"""The traces to which tasks belong, so that their work is found there after a restart, too."""

from __future__ import annotations

from sqlalchemy import insert, select

from roocode_server.engine.storage.database import Database, Transaction
from roocode_server.engine.storage.tables import task_traces
from roocode_server.models.identifier import TaskId


class TaskTraceRepository:
    """The span that created each task, as a traceparent."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def insert(self, unit: Transaction, task_id: TaskId, traceparent: str) -> None:
        """Store the span that creates a task."""
        await unit.write(insert(task_traces), [{"task_id": task_id, "traceparent": traceparent}])

    async def find(self, task_id: TaskId) -> str | None:
        """Return the traceparent of a task; None if it was created without a trace."""
        statement = select(task_traces.c.traceparent).where(task_traces.c.task_id == task_id)
        async with self._database.read() as connection:
            found: str | None = (await connection.execute(statement)).scalar_one_or_none()
            return found
