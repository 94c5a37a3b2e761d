"""Retention: sessions in which nothing has happened for a time that the operator sets are deleted, and old
events of the others.
"""

from __future__ import annotations

import asyncio
import datetime
from collections.abc import AsyncIterator, Callable
from typing import Final

import structlog

from roocode_server.engine.audit.entries import unchained
from roocode_server.engine.audit.log import AuditLog
from roocode_server.engine.events.log_retention import LogRetention
from roocode_server.engine.sessions.sessions import Sessions
from roocode_server.engine.storage.database import Database
from roocode_server.engine.storage.retention import RetentionRepository, RetentionRule
from roocode_server.models.identifier import SessionId
from roocode_server.models.session import SessionStatus
from roocode_server.models.settings import RetentionSettings
from roocode_server.models.user import Caller

SESSIONS_PER_READ: Final = 100

log = structlog.get_logger("sessions")


class Retention:
    """Deletes sessions one after the other, each as a caller's `session.delete` does.

    Nothing is held between two of them, so other calls go between. A deletion that is cut off is finished by
    the next start, as any other.
    """

    def __init__(
        self,
        database: Database,
        sessions: Sessions,
        audit: AuditLog,
        settings: RetentionSettings,
        logs: LogRetention,
        *,
        on_deleted: Callable[[str], None],
    ) -> None:
        """`on_deleted` is called with the name of the rule by which a session was deleted."""
        self._database = database
        self._repository = RetentionRepository(database)
        self._sessions = sessions
        self._audit = audit
        self._rules = retention_rules(settings)
        self._logs = logs
        self._interval_s = settings.interval_s
        self._on_deleted = on_deleted
        self._sweeping: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Start sweeping, and giving the room of what was deleted back to the disk."""
        self._sweeping = asyncio.create_task(self._sweep_again(), name="retention")

    async def close(self) -> None:
        """Stop sweeping."""
        sweeping, self._sweeping = self._sweeping, None
        if sweeping is not None:
            sweeping.cancel()
            await asyncio.wait({sweeping})

    async def sweep(self) -> int:
        """Delete every session whose time is over; return how many."""
        deleted = 0
        for rule in self._rules:
            async for session_id in self._lapsed(rule):
                deleted += await self._attempt(session_id, rule)
        return deleted

    async def _sweep_again(self) -> None:
        while True:
            try:
                await self.sweep()
                await self._logs.sweep()
                if given := await self._database.give_back():
                    log.info("room of the database was given back to the disk", bytes=given)
            except Exception:
                log.exception("deleting what is old failed and will be tried again")
            await asyncio.sleep(self._interval_s)

    async def _lapsed(self, rule: RetentionRule) -> AsyncIterator[SessionId]:
        after = ""
        while page := await self._repository.lapsed(rule, after=after, limit=SESSIONS_PER_READ):
            for session_id in page:
                yield session_id
            after = page[-1]

    async def _attempt(self, session_id: SessionId, rule: RetentionRule) -> bool:
        """A failure is logged, so that the other sessions are still deleted."""
        try:
            return await self._delete(session_id, rule)
        except Exception:
            log.exception("an old session could not be deleted completely", session_id=session_id)
            return False

    async def _delete(self, session_id: SessionId, rule: RetentionRule) -> bool:
        async with self._database.transaction() as unit:
            is_ours = await self._repository.claim(unit, session_id, rule)
        if not is_ours:
            return False
        subject = {"sessionId": str(session_id), "retention": rule.name}
        server = Caller.anonymous(request_id="", base_url="")
        await self._audit.record(unchained(server, "session.delete", subject, 200, None))
        await self._sessions.finish_deletion(session_id)
        self._on_deleted(rule.name)
        return True


def retention_rules(settings: RetentionSettings) -> tuple[RetentionRule, ...]:
    """Return the rules that are set. Archived sessions were put away to be kept: no rule names them."""
    every = (
        ("inactive", (SessionStatus.INACTIVE,), settings.inactive_sessions_days),
        ("untouched", (SessionStatus.ACTIVE, SessionStatus.INACTIVE), settings.untouched_sessions_days),
    )
    return tuple(
        RetentionRule(name, statuses, datetime.timedelta(days=days)) for name, statuses, days in every if days
    )
