"""The event log: durable, ordered within each session, and written by group commit."""

from __future__ import annotations

import asyncio
import functools
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import orjson
from sqlalchemy import Dialect, delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from roocode_server.engine.events.feed import Feed
from roocode_server.engine.events.timeline import Timeline
from roocode_server.engine.storage.database import READERS, Database, Transaction, defer
from roocode_server.engine.storage.journal import PendingEvent
from roocode_server.engine.storage.tables import events, sessions
from roocode_server.models.clock import now
from roocode_server.models.error import NotFound
from roocode_server.models.event import Event, EventEnvelope, LogCut, LogReset, LogStart, StoredEvent
from roocode_server.models.identifier import EventId, SessionId, TaskId, UserId

_Waiting = tuple[PendingEvent, asyncio.Future[StoredEvent] | None]
Announce = Callable[[Sequence[StoredEvent]], None]

PAGES_AT_ONCE: Final = READERS // 2
"""How many pages may be read at once, however many clients reconnect; other reads have the remaining
connections.
"""

EVENTS_PER_DELETION: Final = 2000
"""How many events one unit of work deletes."""

_READ = select(events).order_by(events.c.seq)


@dataclass(frozen=True, slots=True)
class ReadPosition:
    """Where a reader continues: after this seq, or None for live events only.

    `is_reset` means that the reader's cursor does not belong to this log, which was restored from a backup or
    has lost its end, or that events after it have been removed; the reader starts from the beginning.
    `is_cut` means that the reader asked for the beginning of a log whose first events have been removed.
    `first` is the seq of the first event that is there.
    """

    after: int | None
    is_reset: bool = False
    is_cut: bool = False
    first: int = 1

    def notice(self, head: int) -> LogStart | None:
        """Return what a follower is told before the events, if anything."""
        if self.is_reset:
            return LogReset(head=head, first=self.first)
        return LogCut(head=head, first=self.first) if self.is_cut else None


class EventLog:
    """Numbers each event, stores it, and only then passes it to `announce`. Implements `Journal`.

    Numbers are assigned at the commit, in the order in which events arrived, so a unit of work that fails
    leaves no hole.
    """

    def __init__(self, database: Database, announce: Announce, feed: Feed | None = None) -> None:
        self._database = database
        self._announce = announce
        self._feed = feed or Feed(database)
        self.timeline = Timeline(database)
        self._pages = asyncio.Semaphore(PAGES_AT_ONCE)
        self._drafts: list[_Waiting] = []
        self._writing: list[_Waiting] = []
        self._heads: dict[SessionId, int] = {}
        self._numbered: list[StoredEvent] = []
        self._told: list[tuple[asyncio.Future[StoredEvent], StoredEvent]] = []
        self._heads_before: dict[SessionId, int | None] = {}
        self.appended = 0
        """How many events were stored since the start."""

    async def append(
        self, session_id: SessionId, happened: Event, *, task_id: TaskId | None = None
    ) -> StoredEvent:
        """Store an event and return it once it is committed and announced.

        Cancellation stops the wait, not the event. Raises: NotFound, if the session is unknown.
        """
        draft = PendingEvent.of(session_id, task_id, happened)
        told: asyncio.Future[StoredEvent] = asyncio.get_running_loop().create_future()
        self._database.wake()
        self._drafts.append((draft, told))
        return await told

    async def place(
        self, session_id: SessionId, last_seq: int | None, last_id: EventId | None
    ) -> ReadPosition:
        """Return where a reader continues, given the seq or the id of its last event.

        Only the id is conclusive: it contains the epoch of the process that stored the event (`EPOCH` of
        models/event.py).
        """
        if last_id is not None:
            last_seq = _seq_of(last_id)
        elif last_seq is None:
            return ReadPosition(None)
        first = await self.first(session_id)
        anew = ReadPosition(first - 1, is_reset=True, first=first)
        if last_seq == 0 and last_id is None:
            return ReadPosition(first - 1, is_cut=first > 1, first=first)
        if last_seq < first - 1 or last_seq > await self.head(session_id):
            return anew
        if last_id is not None and last_id != await self.id_of(session_id, last_seq):
            return anew
        return ReadPosition(last_seq, first=first)

    async def id_of(self, session_id: SessionId, seq: int) -> EventId | None:
        """Return the id of the event with this number, or None."""
        found = await self.read(session_id, after=seq - 1, limit=1) if seq > 0 else []
        return orjson.loads(found[0].body)["id"] if found and found[0].seq == seq else None

    async def body_of(self, user_id: UserId, event_id: EventId) -> bytes | None:
        """Return the JSON of an event of one of the user's sessions; None if there is no such event."""
        statement = (
            select(events.c.body)
            .join(sessions, sessions.c.id == events.c.session_id)
            .where(
                events.c.session_id == event_id.partition(".")[0],
                events.c.seq == _seq_of(event_id),
                sessions.c.user_id == user_id,
                sessions.c.deleted_at.is_(None),
            )
        )
        async with self._database.read() as connection:
            body: bytes | None = (await connection.execute(statement)).scalar_one_or_none()
        return body if body is not None and orjson.loads(body)["id"] == event_id else None

    async def read(self, session_id: SessionId, *, after: int, limit: int) -> list[StoredEvent]:
        """Return at most `limit` committed events with seq > `after`, ascending and without holes.

        The first is not the next one after `after` only if those between have been removed. An empty list
        means that `after` is the head, or past it.
        """
        statement = _READ.where(events.c.session_id == session_id, events.c.seq > after).limit(limit)
        async with self._pages, self._database.read() as connection:
            rows = (await connection.execute(statement)).mappings()
            return [
                StoredEvent(
                    row["seq"],
                    row["type"],
                    row["session_id"],
                    row["task_id"],
                    row["time_ms"],
                    row["body"],
                    row["position"] or 0,
                )
                for row in rows
            ]

    async def head(self, session_id: SessionId) -> int:
        """Return the seq of the last committed event; 0 if there is none."""
        known = self._heads.get(session_id)
        if known is not None and session_id not in self._heads_before:
            return known
        async with self._database.read() as connection:
            statement = select(func.max(events.c.seq)).where(events.c.session_id == session_id)
            return (await connection.execute(statement)).scalar_one() or 0

    async def first(self, session_id: SessionId) -> int:
        """Return the seq of the first event that is there: 1, unless older ones have been removed."""
        async with self._database.read() as connection:
            statement = select(func.min(events.c.seq)).where(events.c.session_id == session_id)
            return (await connection.execute(statement)).scalar_one() or 1

    async def shorten(self, session_id: SessionId) -> None:
        """Delete all but the last event of a session that is being deleted, and a page at its beginning.

        Each unit of work takes `EVENTS_PER_DELETION`, so that other writers go between. The latest go first:
        who is still reading sees no hole but that before the last event, which says that all is over.
        """
        end = await self.head(session_id)
        if end > EVENTS_PER_DELETION:
            async with self._database.transaction() as unit:
                await self._feed.keep(unit, session_id)
        while end > EVENTS_PER_DELETION:
            start = end - EVENTS_PER_DELETION
            page = (events.c.session_id == session_id, events.c.seq >= start, events.c.seq < end)
            async with self._database.transaction() as unit:
                await unit.execute(delete(events).where(*page))
            end = start

    async def retire(self, unit: Transaction, session_id: SessionId) -> None:
        """Delete a session's log; nothing can be appended to it afterwards."""
        await self._feed.keep(unit, session_id)
        await unit.execute(delete(events).where(events.c.session_id == session_id))
        self._heads.pop(session_id, None)

    def has_drafts(self) -> bool:
        """As `Journal.has_drafts`."""
        return bool(self._drafts)

    def accept(self, drafts: list[PendingEvent]) -> None:
        """As `Journal.accept`."""
        self._drafts += [(draft, None) for draft in drafts]

    async def write(self, connection: AsyncConnection) -> None:
        """As `Journal.write`: number the events and store them."""
        drafts, self._drafts = self._drafts, []
        self._writing = drafts
        await self._learn_heads(connection, {draft.session_id for draft, _ in drafts})
        seal = EventEnvelope(now())
        heads, before = self._heads, self._heads_before
        for draft, told in drafts:
            head = heads.get(draft.session_id)
            if head is None:
                _refuse(told, draft.session_id)
                continue
            before.setdefault(draft.session_id, head)
            heads[draft.session_id] = head + 1
            stored = seal(draft.name, draft.fields, head + 1, draft.session_id, draft.task_id)
            self._numbered.append(stored)
            if told is not None:
                self._told.append((told, stored))
        if self._numbered:
            await self.timeline.write(connection, self._numbered)
            rows = [_row(stored) for stored in self._numbered]
            defer(connection, _insertion(connection.dialect), rows)
            await self._feed.write(connection, self._numbered)

    def committed(self) -> None:
        """As `Journal.committed`: announce the events and resolve the waiting calls of `append`."""
        numbered, told = self._numbered, self._told
        self._forget()
        self.appended += len(numbered)
        self.timeline.committed()
        self._announce(numbered)
        self._feed.committed()
        for future, stored in told:
            if not future.done():
                future.set_result(stored)

    def failed(self, failure: Exception) -> None:
        """As `Journal.failed`: fail the waiting calls of `append`."""
        waiting, self._drafts = self._writing + self._drafts, []
        for session_id in self._heads_before:
            # Read the heads again: another program may have written, or more was committed than was
            # acknowledged.
            self._heads.pop(session_id, None)
        self._forget()
        self._feed.failed()
        self.timeline.failed()
        for _, told in waiting:
            if told is not None and not told.done():
                told.set_exception(failure)

    def _forget(self) -> None:
        self._writing, self._numbered, self._told, self._heads_before = [], [], [], {}

    async def _learn_heads(self, connection: AsyncConnection, wanted: set[SessionId]) -> None:
        """Look up the heads that are not cached; an unknown session has none."""
        for session_id in wanted - self._heads.keys():
            statement = (
                select(func.coalesce(func.max(events.c.seq), 0))
                .select_from(sessions.outerjoin(events, events.c.session_id == sessions.c.id))
                .where(sessions.c.id == session_id)
                .group_by(sessions.c.id)
            )
            head = (await connection.execute(statement)).scalar_one_or_none()
            if head is not None:
                self._heads[session_id] = head


@functools.cache
def _insertion(dialect: Dialect) -> str:
    """Return the INSERT statement, compiled once because appending is the hottest path."""
    return str(insert(events).compile(dialect=dialect))


def _row(stored: StoredEvent) -> tuple[object, ...]:
    """Return the columns in the order of the table."""
    return (
        stored.session_id,
        stored.seq,
        stored.type,
        stored.task_id,
        stored.time_ms,
        stored.body,
        stored.position,
    )


def _seq_of(event_id: EventId) -> int:
    """Parse the number of an event id, `<sessionId>.<seq>.<epoch>`; `sys.maxsize` if it is not an event
    id.
    """
    _, _, rest = event_id.partition(".")
    number = rest.partition(".")[0]
    return int(number) if number.isascii() and number.isdigit() and len(number) < 17 else sys.maxsize


def _refuse(told: asyncio.Future[StoredEvent] | None, session_id: SessionId) -> None:
    if told is not None and not told.done():
        told.set_exception(NotFound("session", session_id))
