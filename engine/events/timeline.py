"""The timeline: the events of all sessions in one order, that of their commits.

Each event is given a position by the commit that stores it. Positions ascend and are committed in order, so
that one number says what a reader has seen of all sessions; those of events that are deleted with their
session are left out. A cursor also names the epoch of the process that gave the position: if positions are
given again, after the database was restored from a backup or lost its end, older cursors are recognized.
Where events were removed since, a cursor before these is recognized as too old; that of somebody who has
started over since then also names how much was removed at that time.

What a reader sees is what they may read at that moment. Of a session that they can read no more, because it
was deleted or is no longer shared with them, a tombstone is left, which is the event that says so.
"""

from __future__ import annotations

import asyncio
import bisect
import dataclasses
import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from sqlalchemy import ColumnElement, Dialect, bindparam, delete, func, insert, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from roocode_server.engine.storage.database import READERS, Database, Statements, defer
from roocode_server.engine.storage.tables import (
    TOMBSTONES_REMOVED,
    event_epochs,
    events,
    server_state,
    session_shares,
    sessions,
    tombstones,
    users,
)
from roocode_server.models.event import EPOCH, StoredEvent
from roocode_server.models.identifier import UserId
from roocode_server.models.session import SessionDeletedEvent, SessionScope
from roocode_server.models.sharing import SessionUnshared

POSITIONS_PER_READ: Final = 20_000
"""How far one statement looks: most of the events may be other people's."""
READS_AT_ONCE: Final = READERS // 4
TOMBSTONE_LIFETIME_MS: Final = 30 * 24 * 3600 * 1000

_USER: Final = bindparam("of_user", type_=sessions.c.user_id.type)
_AFTER: Final = bindparam("after", type_=events.c.position.type)
_UP_TO: Final = bindparam("up_to", type_=events.c.position.type)
_LIMIT: Final = bindparam("most", type_=events.c.seq.type)
_SHARED: Final = select(session_shares.c.session_id).where(session_shares.c.user_id == _USER)
_READABLE: Final[Mapping[SessionScope, ColumnElement[bool]]] = {
    SessionScope.MINE: sessions.c.user_id == _USER,
    SessionScope.SHARED: sessions.c.id.in_(_SHARED),
    SessionScope.ALL: or_(sessions.c.user_id == _USER, sessions.c.id.in_(_SHARED)),
}
_COLUMNS: Final = ("seq", "type", "session_id", "time_ms", "body", "position")


@dataclass(frozen=True, slots=True)
class TimelinePlace:
    """Where a reader continues: after this position.

    `is_reset` means that the cursor does not belong to this timeline, or that it is too old.
    """

    after: int
    is_reset: bool = False


@dataclass(frozen=True, slots=True)
class TimelinePage:
    """Some events, ascending. Up to `reached` the reader has seen everything; `head` is the last position.

    `cursor` is that of a reader who has seen everything up to `reached`.
    """

    events: list[StoredEvent]
    reached: int
    head: int
    cursor: str


class Timeline:
    """Gives events their positions, and reads what a user may see in their order."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._reads = asyncio.Semaphore(READS_AT_ONCE)
        self._last: int | None = None
        self._head = 0
        self._firsts: list[int] = []
        self._epochs: list[str] = []
        self._forgotten = 0
        self._is_known = False

    async def head(self) -> int:
        """Return the position of the last committed event, of whatever session; 0 if there is none."""
        await self._know()
        return self._head

    @property
    def forgotten(self) -> int:
        """The last position of which something was removed."""
        return self._forgotten

    async def place(self, cursor: str | None) -> TimelinePlace:
        """Return where a reader with this cursor continues: without one, after the head."""
        await self._know()
        if cursor is None:
            return TimelinePlace(self._head)
        number, _, rest = cursor.partition(".")
        epoch, _, since = rest.partition(".")
        if number == "0":
            return TimelinePlace(0)
        position = _number(number)
        is_of_this = 0 < position <= self._head and self._epoch_of(position) == epoch
        if not is_of_this or max(position, _number(since)) < self._forgotten:
            return TimelinePlace(0, is_reset=True)
        return TimelinePlace(position)

    def cursor(self, position: int, since: int | None = None) -> str:
        """Return the cursor of a reader who has seen everything up to a committed position.

        `since` is what was forgotten when they began to read; what is forgotten now, if it is None.
        """
        since = self._forgotten if since is None else since
        if not position:
            return "0.0"
        cursor = f"{position}.{self._epoch_of(position)}"
        return cursor if position >= since else f"{cursor}.{since}"

    def placed(self, stored: StoredEvent, since: int | None = None) -> StoredEvent:
        """Return the event as those see it who follow all sessions: with its cursor."""
        if not stored.position:
            return stored
        cursor = self.cursor(stored.position, since).encode()
        return dataclasses.replace(stored, body=b'%b,"cursor":"%b"}' % (stored.body[:-1], cursor), frames={})

    async def read(self, user_id: UserId, scope: SessionScope, *, after: int, limit: int) -> TimelinePage:
        """Return at most `limit` events after a position that this user may read, with their cursors.

        A page can be empty without being the last; that is the one that reaches the head.
        """
        await self._know()
        head, since = self._head, self._forgotten
        reached = min(head, after + POSITIONS_PER_READ)
        asked = {"of_user": user_id, "after": after, "up_to": reached, "most": limit}
        async with self._reads, self._database.read() as connection:
            found = await _rows(connection, _reading(scope).params(asked))
            # Read last: an event whose session is deleted in between is in one of the two at least.
            found |= await _rows(connection, _burying(scope).params(asked))
        page = [found[position] for position in sorted(found)][:limit]
        if len(page) == limit:
            reached = page[-1].position
        placed = [self.placed(each, since) for each in page]
        return TimelinePage(placed, reached, head, self.cursor(reached, since))

    async def forget(self, statements: Statements, position: int) -> None:
        """Note, in the unit of work that removes events, the last position that it removes.

        It counts at once: who reads while it is committed is told too early rather than never.
        """
        self._forgotten = max(self._forgotten, position)
        note = {"value": str(self._forgotten)}
        changed = await statements.changed(
            update(server_state).where(server_state.c.name == TOMBSTONES_REMOVED).values(note)
        )
        if not changed:
            await statements.execute(insert(server_state).values(name=TOMBSTONES_REMOVED, **note))

    async def write(self, connection: AsyncConnection, stored_events: Sequence[StoredEvent]) -> None:
        """Give events their positions, as part of the commit that stores them."""
        if self._last is None:
            self._learn(await _known(Statements(connection)))
            self._last = self._head
        first = self._last + 1
        for position, stored in enumerate(stored_events, first):
            stored.position = position
        self._last += len(stored_events)
        if EPOCH not in self._epochs:
            defer(connection, _statement("begin", connection.dialect), [(EPOCH, first, self._last)])
            self._firsts.append(first)
            self._epochs.append(EPOCH)
        else:
            defer(connection, _statement("advance", connection.dialect), [(self._last, EPOCH)])
        for stored in stored_events:
            if stored.type == SessionDeletedEvent.name or stored.type == SessionUnshared.name:
                await self._bury(connection, stored)

    def committed(self) -> None:
        """The positions that were given are committed."""
        if self._last is not None:
            self._head = self._last

    def failed(self) -> None:
        """The commit failed as far as is known: the next one reads from the database what was given."""
        self._last = None
        self._is_known = False

    async def _know(self) -> None:
        """Read what was given before, unless a commit has done so."""
        if not self._is_known:
            async with self._database.read() as connection:
                known = await _known(connection)
            if not self._is_known and self._last is None:
                self._learn(known)

    def _learn(self, known: _Known) -> None:
        self._firsts, self._epochs = list(known.firsts), list(known.epochs)
        self._head, self._forgotten = known.head, known.forgotten
        self._is_known = True

    def _epoch_of(self, position: int) -> str:
        found = bisect.bisect_right(self._firsts, position)
        return self._epochs[found - 1] if found else "0"

    async def _bury(self, connection: AsyncConnection, stored: StoredEvent) -> None:
        """Keep the last event that readers get of a session, and remove what was kept long enough."""
        statements = Statements(connection)
        if stored.type == SessionUnshared.name:
            former = users.c.id == orjson.loads(stored.body)["userId"]
            asked: Any = select(users.c.id.label("user_id"), literal(False).label("is_owner")).where(former)
        else:
            owner = select(sessions.c.user_id, literal(True).label("is_owner")).where(
                sessions.c.id == stored.session_id
            )
            guests = select(session_shares.c.user_id, literal(False)).where(
                session_shares.c.session_id == stored.session_id
            )
            asked = owner.union_all(guests)
        kept = {name: getattr(stored, name) for name in _COLUMNS}
        rows = [
            kept | {"user_id": reader["user_id"], "is_owner": bool(reader["is_owner"])}
            for reader in (await statements.execute(asked)).mappings()
        ]
        if rows:
            await statements.execute(insert(tombstones), rows)
        await self._remove_old_tombstones(statements, stored.time_ms - TOMBSTONE_LIFETIME_MS)

    async def _remove_old_tombstones(self, statements: Statements, before_ms: int) -> None:
        old = tombstones.c.time_ms < before_ms
        last = (await statements.execute(select(func.max(tombstones.c.position)).where(old))).scalar_one()
        if last is None:
            return
        await statements.execute(delete(tombstones).where(old))
        await self.forget(statements, last)


@dataclass(frozen=True, slots=True)
class _Known:
    firsts: list[int]
    epochs: list[str]
    head: int
    forgotten: int


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 17 else 0


async def _known(connection: Statements) -> _Known:
    found = select(event_epochs).order_by(event_epochs.c.first_position)
    rows = list((await connection.execute(found)).mappings())
    stored = (await connection.execute(select(func.max(events.c.position)))).scalar_one()
    noted = select(server_state.c.value).where(server_state.c.name == TOMBSTONES_REMOVED)
    forgotten = (await connection.execute(noted)).scalar_one_or_none()
    return _Known(
        [row["first_position"] for row in rows],
        [row["epoch"] for row in rows],
        max([row["last_position"] for row in rows] + [stored or 0]),
        int(forgotten or 0),
    )


async def _rows(connection: Statements, statement: Any) -> dict[int, StoredEvent]:
    return {
        row["position"]: StoredEvent(
            row["seq"],
            row["type"],
            row["session_id"],
            row.get("task_id"),
            row["time_ms"],
            row["body"],
            row["position"],
        )
        for row in (await connection.execute(statement)).mappings()
    }


@functools.cache
def _reading(scope: SessionScope) -> Any:
    """What is read along the index of positions alone, which the empty text keeps the database from leaving;
    only the events that are found are looked up.
    """
    readable = select(sessions.c.id).where(_READABLE[scope])
    within = (events.c.position > _AFTER, events.c.position <= _UP_TO)
    mine = (events.c.session_id + "").in_(readable)
    place = (events.c.position, events.c.session_id, events.c.seq)
    found = select(*place).where(*within, mine).order_by(events.c.position).limit(_LIMIT).subquery()
    here = (events.c.session_id == found.c.session_id) & (events.c.seq == found.c.seq)
    return select(events).join(found, here)


@functools.cache
def _burying(scope: SessionScope) -> Any:
    within = (tombstones.c.position > _AFTER, tombstones.c.position <= _UP_TO)
    found = select(tombstones).where(tombstones.c.user_id == _USER, *within)
    found = found.order_by(tombstones.c.position).limit(_LIMIT)
    return (
        found
        if scope is SessionScope.ALL
        else found.where(tombstones.c.is_owner == (scope is SessionScope.MINE))
    )


@functools.cache
def _statement(purpose: str, dialect: Dialect) -> str:
    if purpose == "begin":
        return str(insert(event_epochs).compile(dialect=dialect))
    advance = update(event_epochs).values(last_position=bindparam("last"))
    return str(advance.where(event_epochs.c.epoch == bindparam("of_epoch")).compile(dialect=dialect))
