"""End events that are emitted at the next start if the server dies before it emits them itself.

When a call, process, terminal or MCP server begins, its unit of work also stores a pending end: the event to
emit if the end is never recorded. The unit that records the end deletes it; the next start emits those left.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import orjson
from sqlalchemy import bindparam, delete, insert, select

from roocode_server.engine.storage.database import Database, Transaction
from roocode_server.engine.storage.journal import PendingEvent
from roocode_server.engine.storage.prepared import Prepared
from roocode_server.engine.storage.tables import pending_ends
from roocode_server.models.event import Event, fields_of
from roocode_server.models.identifier import SessionId, TaskId

_REMOVE: Final = Prepared(
    delete(pending_ends).where(
        pending_ends.c.session_id == bindparam("of_session"), pending_ends.c.key == bindparam("of_key")
    )
)
_ADD: Final = Prepared(insert(pending_ends))
_OF_TASK: Final = (
    pending_ends.c.session_id == bindparam("of_session"),
    pending_ends.c.task_id == bindparam("of_task"),
)
_CLAIM: Final = (
    select(pending_ends.c.type, pending_ends.c.fields).where(*_OF_TASK).order_by(pending_ends.c.key)
)
_CLAIMED: Final = Prepared(delete(pending_ends).where(*_OF_TASK))
PENDING_ENDS_PER_TRANSACTION: Final = 500


class PendingEndRepository:
    """The pending ends of all sessions; `key` identifies what has begun within its session."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(
        self,
        unit: Transaction,
        session_id: SessionId,
        key: str,
        pending_end: Event,
        *,
        task_id: TaskId | None = None,
    ) -> None:
        """Store, in the unit that records a beginning, the event to emit if the end is never recorded."""
        await self.remove(unit, session_id, key)
        row = {"session_id": session_id, "key": key, "task_id": task_id, "type": pending_end.name}
        await unit.write(_ADD, [row | {"fields": fields_of(pending_end)}])

    async def remove(self, unit: Transaction, session_id: SessionId, key: str) -> None:
        """Delete a pending end, in the unit that records the end."""
        await unit.write(_REMOVE, [{"of_session": session_id, "of_key": key}])

    async def claim(
        self, unit: Transaction, session_id: SessionId, task_id: TaskId
    ) -> list[tuple[str, dict[str, Any]]]:
        """Delete all pending ends of a task and return their events: type, and own fields by wire names."""
        of_task = {"of_session": session_id, "of_task": task_id}
        found = (await unit.execute(_CLAIM, [of_task])).all()
        if found:
            await unit.write(_CLAIMED, [of_task])
        return [(row.type, orjson.loads(row.fields)) for row in found]

    async def carry_out_on(self, unit: Transaction, session_id: SessionId) -> None:
        """Emit the pending ends of one session that belong to no task, in a unit of work."""
        of_session = (pending_ends.c.session_id == session_id, pending_ends.c.task_id.is_(None))
        left = select(pending_ends.c.type, pending_ends.c.fields).where(*of_session)
        for row in (await unit.execute(left.order_by(pending_ends.c.key))).all():
            unit.drafts.append(PendingEvent(session_id, None, row.type, row.fields))
        await unit.write(delete(pending_ends).where(*of_session))

    async def carry_out(self) -> None:
        """Emit the pending ends that belong to no task, for all that the last server left unended."""
        while True:
            async with self._database.transaction() as unit:
                statement = (
                    select(pending_ends)
                    .where(pending_ends.c.task_id.is_(None))
                    .order_by(pending_ends.c.key)
                    .limit(PENDING_ENDS_PER_TRANSACTION)
                )
                found: Sequence[Any] = (await unit.execute(statement)).all()
                for row in found:
                    await self.remove(unit, row.session_id, row.key)
                    unit.drafts.append(PendingEvent(row.session_id, None, row.type, row.fields))
            if len(found) < PENDING_ENDS_PER_TRANSACTION:
                return
