"""How much work waits in the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select

from roocode_server.engine.storage.database import Database
from roocode_server.engine.storage.tables import approvals, tasks
from roocode_server.models.approval import ApprovalStatus
from roocode_server.models.task import FINAL, TaskStatus

_UNFINISHED = [status for status in TaskStatus if status not in FINAL]


@dataclass(frozen=True, slots=True)
class WorkFigures:
    """Unfinished tasks by activity, and approvals that they wait for."""

    tasks: Mapping[str, int]
    approvals: int


async def work_figures(database: Database) -> WorkFigures:
    """Count the unfinished tasks and pending approvals of all sessions."""
    by_activity = (
        select(tasks.c.activity, func.count())
        .where(tasks.c.status.in_(_UNFINISHED))
        .group_by(tasks.c.activity)
    )
    pending = (
        select(func.count())
        .select_from(tasks.join(approvals, approvals.c.task_id == tasks.c.id))
        .where(tasks.c.status.in_(_UNFINISHED), approvals.c.status == ApprovalStatus.PENDING)
    )
    async with database.read() as connection:
        rows = (await connection.execute(by_activity)).all()
        return WorkFigures(dict(map(tuple, rows)), (await connection.execute(pending)).scalar_one())
