"""Everything that is stored of a session, whatever the tables are.

Which tables belong to a session follows from their foreign keys, so a new one is copied with its sessions
without being named anywhere; what is left out is named here, with the reason.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import (
    JSON,
    ColumnElement,
    FromClause,
    Table,
    TableClause,
    Text,
    column,
    insert,
    select,
    table,
    tuple_,
)

from roocode_server.engine.storage.database import Statements, Transaction
from roocode_server.engine.storage.tables import events, metadata, sessions
from roocode_server.models.identifier import SessionId, new_id

ROWS_PER_UNIT: Final = 500
"""How many rows one unit of work stores, so that other writers go between."""

NOT_COPIED: Final[Mapping[str, str]] = {
    "sessions": "the session itself: a copy has its own owner, name and secrets",
    "session_drafts": "that the session itself is not whole yet",
    "session_shares": "with whom a session is shared is decided anew for each",
    "receipts": "the answers to calls that were made for the session itself",
    "task_traces": "the spans of a copy belong to no trace of the original",
    "audit_entries": "what was done to the session itself",
    "tombstones": "how the session itself ended",
    "feed_entries": "what the owner's webhooks have yet to be told of the session itself",
    "usage_days": "what was used, which a copy does not use again",
}
"""The tables that name sessions or tasks and are not copied with a session, and why."""

WITHOUT_KEY: Final = (events,)
"""The tables that belong to sessions by their `session_id` without a foreign key."""

_ID: Final = re.compile(r"[a-z]+-[0-9a-f]{20}(?![0-9a-f])")
_ID_IN_BYTES: Final = re.compile(_ID.pattern.encode())


def _owned() -> Sequence[Table]:
    """The tables of which sessions own rows, each after those that it refers to."""
    found = [sessions]
    for each in metadata.sorted_tables:
        owners = {key.column.table for key in each.foreign_keys}
        if each not in found and (each in WITHOUT_KEY or not owners.isdisjoint(found)):
            found.append(each)
    return [each for each in found if each.name not in NOT_COPIED]


OWNED: Final = tuple(_owned())


class Renaming:
    """The new ids in place of those that must be unique on a server, wherever they stand.

    An id has 80 random bits, so a text that contains one means it: `/workspaces/session-…`, for example.
    """

    def __init__(self, names: Mapping[str, str]) -> None:
        self.names: Final = dict(names)
        self._in_bytes = {old.encode(): new.encode() for old, new in names.items()}

    @classmethod
    def of(cls, ids: Iterable[str], known: Mapping[str, str]) -> Renaming:
        """Return the known names and, for the other ids, newly drawn ones of the same kind."""
        drawn = {each: new_id(each.partition("-")[0]) for each in ids if each not in known}
        return cls({**drawn, **known})

    def applied(self, content: Any) -> Any:
        """Return a column's content, as it is stored, with the new ids."""
        if isinstance(content, str):
            return _ID.sub(lambda found: self.names.get(found[0], found[0]), content)
        if isinstance(content, bytes):
            return _ID_IN_BYTES.sub(lambda found: self._in_bytes.get(found[0], found[0]), content)
        return content


def stored_form(owned: Table) -> TableClause:
    """The table with JSON as the text that is stored, so that it is copied without being understood."""
    return table(
        owned.name,
        *(column(each.name, Text() if isinstance(each.type, JSON) else each.type) for each in owned.columns),
    )


_STORED: Final = {owned.name: stored_form(owned) for owned in OWNED}


async def unique_ids(read: Statements, session_id: SessionId) -> list[str]:
    """Return the ids of everything of a session that must have another id in a copy."""
    found: list[str] = [session_id]
    for owned in OWNED:
        if [each.name for each in owned.primary_key] == ["id"]:
            ids = select(owned.c.id).where(_of_session(owned, owned, session_id))
            found += (await read.execute(ids)).scalars()
    return found


async def rows_of(
    read: Statements, owned: Table, session_id: SessionId
) -> AsyncIterator[list[dict[str, Any]]]:
    """Yield a session's rows of a table, some at a time, as they are stored."""
    stored = _STORED[owned.name]
    key = [stored.c[each.name] for each in owned.primary_key]
    of_session = _of_session(owned, stored, session_id)
    page = statement = select(stored).where(of_session).order_by(*key).limit(ROWS_PER_UNIT)
    while True:
        rows = [
            {str(name): content for name, content in row.items()}
            for row in (await read.execute(page)).mappings()
        ]
        if rows:
            yield rows
        if len(rows) < ROWS_PER_UNIT:
            return
        page = statement.where(tuple_(*key) > tuple_(*(rows[-1][each.name] for each in key)))


async def store_rows(
    unit: Transaction, owned: Table, rows: Sequence[Mapping[str, Any]], renaming: Renaming
) -> None:
    """Store rows, with new ids, as those of a copy."""
    renamed = [{name: renaming.applied(content) for name, content in row.items()} for row in rows]
    if owned is events:
        for row in renamed:
            row["position"] = None  # they have happened before, to another session
    await unit.write(insert(_STORED[owned.name]), renamed)


def _of_session(owned: Table, rows: FromClause, session_id: SessionId) -> ColumnElement[bool]:
    """Whether `rows` of a table belong to a session, by itself or through the row that they belong to."""
    if "session_id" in rows.columns:
        return rows.columns["session_id"] == session_id
    key = next(key for key in owned.foreign_keys if key.column.table in OWNED)
    owners = select(key.column).where(_of_session(key.column.table, key.column.table, session_id))
    return rows.columns[key.parent.name].in_(owners)
