"""What is told of what has begun, if the server ends without a word: a will for each, carried out later.

A call, a process, a terminal or an MCP server is told to have begun in the same unit that leaves its will;
the unit that tells of its end takes it back. What is found at the next start is carried out.
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
AT_ONCE: Final = 500


class PendingEndRepository:
    """The wills of all sessions; `key` names what has begun within its session."""

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
        """With the unit that tells of a beginning, say what is told of it if nobody lives to tell its end."""
        await self.take_back(unit, session_id, key)
        row = {"session_id": session_id, "key": key, "task_id": task_id, "type": will.name}
        await unit.write(_LEAVE, [row | {"fields": fields_of(will)}])

    async def take_back(self, unit: Transaction, session_id: SessionId, key: str) -> None:
        """The unit tells of the end."""
        await unit.write(_TAKE_BACK, [{"of_session": session_id, "of_key": key}])

    async def claim(self, unit: Transaction, session_id: SessionId, task_id: TaskId) -> list[dict[str, Any]]:
        """Take back all wills of a task; their events' own fields by wire names, for the unit to tell."""
        of_task = (wills.c.session_id == session_id, wills.c.task_id == task_id)
        found = (await unit.execute(select(wills.c.fields).where(*of_task).order_by(wills.c.key))).all()
        if found:
            await unit.execute(delete(wills).where(*of_task))
        return [orjson.loads(row.fields) for row in found]

    async def carry_out(self) -> None:
        """Tell of the end of everything that belongs to no task and of which the last server has not."""
        while True:
            async with self._database.transaction() as unit:
                statement = (
                    select(wills).where(wills.c.task_id.is_(None)).order_by(wills.c.key).limit(AT_ONCE)
                )
                found: Sequence[Any] = (await unit.execute(statement)).all()
                for row in found:
                    await self.take_back(unit, row.session_id, row.key)
                    unit.drafts.append(PendingEvent(row.session_id, None, row.type, row.fields))
            if len(found) < AT_ONCE:
                return
