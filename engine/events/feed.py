"""A user's feed: the events of all their sessions in one sequence, for readers that keep a position in it.

Sequence numbers of a session's log have no order across sessions. So the events that a user's readers want
are entered here, in the transaction that stores them, with positions 1, 2, 3 … for each user, without gaps.
Positions are assigned under a lock on the user's row, so they are committed in order, however many processes
write. Users without readers have no feed, and their events cost nothing here.
"""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import BindParameter, Dialect, bindparam, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from roocode_server.engine.storage.database import Database, Transaction, defer
from roocode_server.engine.storage.tables import events, feed_entries, feeds, sessions
from roocode_server.models.event import StoredEvent
from roocode_server.models.identifier import SessionId, UserId

Wanted = Callable[[str], bool]
"""Whether a reader wants events with this name."""

_USER: Final[BindParameter[str]] = bindparam("of_user")
_ADVANCE: Final = (
    update(feeds)
    .where(feeds.c.user_id == _USER)
    .values(head=feeds.c.head + bindparam("more"))
    .returning(feeds.c.head)
)
_LOG: Final = (events.c.session_id == feed_entries.c.session_id) & (events.c.seq == feed_entries.c.seq)
_READ: Final = (
    select(feed_entries.c.position, feed_entries.c.session_id, feed_entries.c.type)
    .where(feed_entries.c.user_id == _USER, feed_entries.c.position > bindparam("after"))
    .order_by(feed_entries.c.position)
)
_BODY: Final = (
    select(func.coalesce(feed_entries.c.body, events.c.body))
    .select_from(feed_entries.outerjoin(events, _LOG))
    .where(feed_entries.c.user_id == _USER, feed_entries.c.position == bindparam("at"))
)


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """An event's position in its user's feed."""

    position: int
    session_id: SessionId
    type: str


class Feed:
    """Which events readers want of each user, and the entries that they have not read yet."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._wanted: dict[UserId, Wanted] = {}
        self._owners: dict[SessionId, UserId | None] = {}
        self._grown: set[UserId] = set()
        self._tell: Callable[[UserId], None] | None = None

    def tell(self, grown: Callable[[UserId], None]) -> None:
        """Set the function that is called with each user whose feed has new entries, once they are committed;
        it must not raise.
        """
        self._tell = grown

    def want(self, user_id: UserId, wanted: Wanted | None) -> None:
        """From the next commit on, enter those of a user's events that readers want; None stops this."""
        if wanted is None:
            self._wanted.pop(user_id, None)
        else:
            self._wanted[user_id] = wanted
        if not self._wanted:
            self._owners.clear()

    async def open(self, unit: Transaction, user_id: UserId) -> int:
        """Return the position of a user's last entry; the feed is created if there is none."""
        found = (await unit.execute(select(feeds.c.head).where(feeds.c.user_id == user_id))).scalar()
        if found is None:
            await unit.execute(insert(feeds).values(user_id=user_id, head=0))
        return found or 0

    async def read(self, user_id: UserId, *, after: int, limit: int) -> list[FeedEntry]:
        """Return the entries after a position, ascending, at most `limit`."""
        async with self._database.read() as connection:
            statement = _READ.params(of_user=user_id, after=after).limit(limit)
            rows = (await connection.execute(statement)).mappings()
            return [FeedEntry(row["position"], row["session_id"], row["type"]) for row in rows]

    async def body(self, user_id: UserId, entry: FeedEntry) -> bytes | None:
        """Return the event's JSON, even if its session was deleted; None if the entry has been removed."""
        async with self._database.read() as connection:
            statement = _BODY.params(of_user=user_id, at=entry.position)
            body: bytes | None = (await connection.execute(statement)).scalar_one_or_none()
        return body

    async def forget(self, unit: Transaction, user_id: UserId, *, up_to: int | None) -> None:
        """Remove the entries up to a position, which all readers have read; None removes all."""
        statement = delete(feed_entries).where(feed_entries.c.user_id == user_id)
        await unit.write(statement if up_to is None else statement.where(feed_entries.c.position <= up_to))

    async def keep(self, unit: Transaction, session_id: SessionId) -> None:
        """Keep the events of the remaining entries; called before a session's log is deleted."""
        body = select(events.c.body).where(_LOG).scalar_subquery()
        owner = select(sessions.c.user_id).where(sessions.c.id == session_id).scalar_subquery()
        of_session = (
            feed_entries.c.user_id == owner,
            feed_entries.c.session_id == session_id,
            feed_entries.c.body.is_(None),
        )
        await unit.execute(update(feed_entries).where(*of_session).values(body=body))
        self._owners.pop(session_id, None)

    async def write(self, connection: AsyncConnection, stored_events: Sequence[StoredEvent]) -> None:
        """Enter the wanted ones of these events, as part of the commit that stores them."""
        if not self._wanted:
            return
        await self._learn_owners(connection, {stored.session_id for stored in stored_events})
        entered: defaultdict[UserId, list[StoredEvent]] = defaultdict(list)
        for stored in stored_events:
            owner = self._owners.get(stored.session_id)
            wanted = None if owner is None else self._wanted.get(owner)
            if owner is not None and wanted is not None and wanted(stored.type):
                entered[owner].append(stored)
        for user_id, wanted_events in entered.items():
            await self._enter(connection, user_id, wanted_events)

    def committed(self) -> None:
        """Notify readers that the entries are committed."""
        grown, self._grown = self._grown, set()
        for user_id in grown:
            if self._tell is not None:
                self._tell(user_id)

    def failed(self) -> None:
        """Handle a failed commit."""
        self._grown.clear()

    async def _enter(
        self, connection: AsyncConnection, user_id: UserId, stored_events: Sequence[StoredEvent]
    ) -> None:
        more: Mapping[str, object] = {"of_user": user_id, "more": len(stored_events)}
        head = (await connection.execute(_ADVANCE, more)).scalar_one_or_none()
        if head is None:
            return  # the user is being removed
        first = head - len(stored_events) + 1
        rows = [
            (user_id, position, stored.session_id, stored.seq, stored.type, None)
            for position, stored in enumerate(stored_events, first)
        ]
        defer(connection, _insertion(connection.dialect), rows)
        self._grown.add(user_id)

    async def _learn_owners(self, connection: AsyncConnection, wanted: set[SessionId]) -> None:
        for session_id in wanted - self._owners.keys():
            statement = select(sessions.c.user_id).where(sessions.c.id == session_id)
            self._owners[session_id] = (await connection.execute(statement)).scalar_one_or_none()


@functools.cache
def _insertion(dialect: Dialect) -> str:
    return str(insert(feed_entries).compile(dialect=dialect))
