"""Which sessions have been left alone for so long that they are deleted."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, update

from roocode_server.engine.storage.database import Database, Transaction
from roocode_server.engine.storage.tables import events, pending_ends, sessions, tasks
from roocode_server.models.clock import milliseconds, now
from roocode_server.models.identifier import SessionId
from roocode_server.models.session import SessionStatus
from roocode_server.models.task import FINAL, Activity

_LAST_EVENT_MS: Final = (
    select(events.c.time_ms)
    .where(events.c.session_id == sessions.c.id)
    .order_by(events.c.seq.desc())
    .limit(1)
    .correlate(sessions)
    .scalar_subquery()
)
_HAS_WORK: Final = or_(
    exists().where(
        tasks.c.session_id == sessions.c.id,
        tasks.c.status.not_in(FINAL),
        tasks.c.activity != Activity.RESUMABLE,
    ),
    exists().where(pending_ends.c.session_id == sessions.c.id),
)
"""Something runs, is queued, or waits for a person. An interrupted task that nobody resumes does not
count.
"""


@dataclass(frozen=True, slots=True)
class RetentionRule:
    """How long sessions of these statuses are kept after the last thing that happened in them."""

    name: str
    statuses: tuple[SessionStatus, ...]
    kept: datetime.timedelta

    def has_lapsed(self, moment: datetime.datetime) -> ColumnElement[bool]:
        """Whether a session's time was over at this moment."""
        since = moment - self.kept
        return and_(
            sessions.c.status.in_(self.statuses),
            sessions.c.updated_at < since,
            func.coalesce(_LAST_EVENT_MS, 0) < milliseconds(since),
        )


class RetentionRepository:
    """Finds sessions whose time is over, and claims them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def lapsed(self, rule: RetentionRule, *, after: str, limit: int) -> Sequence[SessionId]:
        """Return the ids of at most `limit` sessions whose time is over, ascending, from `after` on."""
        statement = (
            select(sessions.c.id)
            .where(sessions.c.id > after, *_conditions(rule))
            .order_by(sessions.c.id)
            .limit(limit)
        )
        async with self._database.read() as connection:
            return (await connection.execute(statement)).scalars().all()

    async def claim(self, unit: Transaction, session_id: SessionId, rule: RetentionRule) -> bool:
        """Hide a session whose time is still over; return False if it is not, or is being deleted already.

        Of several that try, one succeeds; the deletion is then theirs to finish.
        """
        statement = (
            update(sessions)
            .where(sessions.c.id == session_id, *_conditions(rule))
            .values(deleted_at=now(), purpose=None)
        )
        return await unit.changed(statement) == 1


def _conditions(rule: RetentionRule) -> tuple[ColumnElement[bool], ...]:
    return sessions.c.deleted_at.is_(None), rule.has_lapsed(now()), ~_HAS_WORK
