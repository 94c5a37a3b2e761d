"""End events that are emitted at the next start if the server dies before it emits them itself.

When a call, process, terminal or MCP server begins, its unit of work also stores a "will": the event to emit
if the end is never recorded. The unit that records the end deletes the will; the next start emits those left.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import orjson
from sqlalchemy import bindparam, delete, insert, select

from roocode_server.engine.storage.database import Database, Transaction
from roocode_server.engine.storage.journal import PendingEvent
from roocode_server.engine.storage.tables import wills
from roocode_server.models.event import Event, fields_of
from roocode_server.models.identifier import SessionId, TaskId

_TAKE_BACK: Final = delete(wills).where(
    wills.c.session_id == bindparam("of_session"), wills.c.key == bindparam("of_key")
)
_LEAVE: Final = insert(wills)
WILLS_PER_TRANSACTION: Final = 500


class PendingEndRepository:
    """The wills of all sessions; `key` identifies what has begun within its session."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def leave(
        self,
        unit: Transaction,
        session_id: SessionId,
        key: str,
        will: Event,
        *,
        task_id: TaskId | None = None,
    ) -> None:
        """Store, in the unit that records a beginning, the event to emit if the end is never recorded."""
        await self.take_back(unit, session_id, key)
        row = {"session_id": session_id, "key": key, "task_id": task_id, "type": will.name}
        await unit.write(_LEAVE, [row | {"fields": fields_of(will)}])

    async def take_back(self, unit: Transaction, session_id: SessionId, key: str) -> None:
        """Delete a will, in the unit that records the end."""
        await unit.write(_TAKE_BACK, [{"of_session": session_id, "of_key": key}])

    async def claim(self, unit: Transaction, session_id: SessionId, task_id: TaskId) -> list[dict[str, Any]]:
        """Delete all wills of a task and return their events' own fields, by wire names."""
        of_task = (wills.c.session_id == session_id, wills.c.task_id == task_id)
        found = (await unit.execute(select(wills.c.fields).where(*of_task).order_by(wills.c.key))).all()
        if found:
            await unit.execute(delete(wills).where(*of_task))
        return [orjson.loads(row.fields) for row in found]

    async def carry_out(self) -> None:
        """Emit the wills that belong to no task, for all that the last server left unended."""
        while True:
            async with self._database.transaction() as unit:
                statement = (
                    select(wills)
                    .where(wills.c.task_id.is_(None))
                    .order_by(wills.c.key)
                    .limit(WILLS_PER_TRANSACTION)
                )
                found: Sequence[Any] = (await unit.execute(statement)).all()
                for row in found:
                    await self.take_back(unit, row.session_id, row.key)
                    unit.drafts.append(PendingEvent(row.session_id, None, row.type, row.fields))
            if len(found) < WILLS_PER_TRANSACTION:
                return
