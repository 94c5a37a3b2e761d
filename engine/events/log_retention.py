"""Old events of sessions that go on living are cut from the front of their logs."""

from __future__ import annotations

import datetime
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Final

import structlog
from sqlalchemy import Select, delete, func, or_, select

from roocode_server.engine.events.log import EVENTS_PER_DELETION
from roocode_server.engine.events.timeline import Timeline
from roocode_server.engine.storage.database import Database, Transaction
from roocode_server.engine.storage.tables import events, feed_entries, sessions, tasks
from roocode_server.models.clock import milliseconds, now
from roocode_server.models.identifier import SessionId
from roocode_server.models.task import FINAL

LOGS_PER_READ: Final = 100

_FIRST_EVENT_MS: Final = (
    select(events.c.time_ms)
    .where(events.c.session_id == sessions.c.id)
    .order_by(events.c.seq)
    .limit(1)
    .correlate(sessions)
    .scalar_subquery()
)

log = structlog.get_logger("events")


@dataclass(frozen=True, slots=True)
class _Cut:
    """What one unit of work has removed. `is_last` if the next event has to be kept, or none is left."""

    events: int
    is_last: bool


class LogRetention:
    """Removes events older than `kept_for`, in order, up to the first one that is still needed.

    Needed are the newest `kept_events` of a session, those of tasks that have not ended, with their
    approvals, and those that a webhook has still to deliver. Each unit of work looks at one piece of one log
    and removes what it may of it, so other writers go between, and a stop leaves a log that only begins
    earlier.
    """

    def __init__(
        self,
        database: Database,
        timeline: Timeline,
        *,
        kept_for: datetime.timedelta,
        kept_events: int,
        events_per_cut: int = EVENTS_PER_DELETION,
    ) -> None:
        self._database = database
        self._timeline = timeline
        self._kept_for = kept_for
        self._kept_events = kept_events
        self._events_per_cut = events_per_cut

    async def sweep(self) -> int:
        """Cut all logs, if that is set; return how many events were removed."""
        if not self._kept_for:
            return 0
        before_ms = milliseconds(now() - self._kept_for)
        removed = 0
        async for session_id in self._old_logs(before_ms):
            try:
                removed += await self.cut(session_id, before_ms)
            except Exception:
                log.exception("old events could not be removed", session_id=session_id)
        return removed

    async def cut(self, session_id: SessionId, before_ms: int) -> int:
        """Cut one log, removing events from before this moment; return how many were removed."""
        removed, is_last = 0, False
        while not is_last:
            async with self._database.transaction() as unit:
                cut = await self._cut(unit, session_id, before_ms)
            removed, is_last = removed + cut.events, cut.is_last
        if removed:
            log.info("old events were removed", session_id=session_id, removed=removed)
        return removed

    async def _old_logs(self, before_ms: int) -> AsyncIterator[SessionId]:
        after = ""
        while page := await self._page_of_old_logs(after, before_ms):
            for session_id in page:
                yield session_id
            after = page[-1]

    async def _page_of_old_logs(self, after: str, before_ms: int) -> Sequence[SessionId]:
        statement = (
            select(sessions.c.id)
            .where(sessions.c.id > after, sessions.c.deleted_at.is_(None), before_ms > _FIRST_EVENT_MS)
            .order_by(sessions.c.id)
            .limit(LOGS_PER_READ)
        )
        async with self._database.read() as connection:
            return (await connection.execute(statement)).scalars().all()

    async def _cut(self, unit: Transaction, session_id: SessionId, before_ms: int) -> _Cut:
        mine = events.c.session_id == session_id
        ends = select(func.min(events.c.seq).label("first"), func.max(events.c.seq).label("head")).where(mine)
        log_ends = (await unit.execute(ends)).mappings().one()
        first, head = log_ends["first"], log_ends["head"]
        if first is None or await self._is_deleted(unit, session_id):
            return _Cut(0, is_last=True)  # its deletion removes the log
        limit = min(first + self._events_per_cut - 1, head - self._kept_events)
        piece = (mine, events.c.seq <= limit)
        needed = (await unit.execute(_first_needed(session_id, before_ms).where(*piece))).scalar_one()
        last = limit if needed is None else needed - 1
        if last < first:
            return _Cut(0, is_last=True)
        gone = (mine, events.c.seq <= last)
        position = (await unit.execute(select(func.max(events.c.position)).where(*gone))).scalar_one()
        await unit.execute(delete(events).where(*gone))
        await self._timeline.forget(unit.connection, position or 0)
        return _Cut(last - first + 1, is_last=needed is not None or last == head - self._kept_events)

    async def _is_deleted(self, unit: Transaction, session_id: SessionId) -> bool:
        living = select(sessions.c.id).where(sessions.c.id == session_id, sessions.c.deleted_at.is_(None))
        return (await unit.execute(living)).scalar_one_or_none() is None


def _first_needed(session_id: SessionId, before_ms: int) -> Select[tuple[int | None]]:
    unfinished = select(tasks.c.id).where(tasks.c.session_id == session_id, tasks.c.status.not_in(FINAL))
    owner = select(sessions.c.user_id).where(sessions.c.id == session_id).scalar_subquery()
    undelivered = select(feed_entries.c.seq).where(
        feed_entries.c.user_id == owner, feed_entries.c.session_id == session_id
    )
    return select(func.min(events.c.seq)).where(
        or_(
            events.c.time_ms >= before_ms,
            events.c.task_id.in_(unfinished),
            events.c.seq.in_(undelivered),
        )
    )
