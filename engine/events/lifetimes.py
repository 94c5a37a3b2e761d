"""What lasts for a while is told to begin and to end, whatever becomes of the server in between."""

from __future__ import annotations

from typing import Final

from sqlalchemy import select

from roocode_server.engine.storage.database import Database
from roocode_server.engine.storage.pending_ends import PendingEndRepository
from roocode_server.engine.storage.tables import sessions
from roocode_server.models.error import NotFound
from roocode_server.models.event import Event
from roocode_server.models.identifier import SessionId

CUT_OFF: Final = "The server was stopped while this ran."


class Lifetimes:
    """Tells of beginnings and ends; `key` names what lasts within its session."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._wills = PendingEndRepository(database)

    async def begin(self, session_id: SessionId, key: str, begun: Event, *, will: Event) -> None:
        """Tell of a beginning. `will` is told at the next start, if this server does not tell of the end.

        Raises: NotFound, if the session is gone.
        """
        async with self._database.transaction() as unit:
            known = select(sessions.c.id).where(sessions.c.id == session_id)
            if (await unit.execute(known)).first() is None:
                raise NotFound("session", session_id)
            await self._wills.leave(unit, session_id, key, will)
            unit.append(session_id, begun)

    async def end(self, session_id: SessionId, key: str, *ended: Event) -> None:
        """Tell of the end; nobody is told where the session is gone."""
        async with self._database.transaction() as unit:
            await self._wills.take_back(unit, session_id, key)
            for happened in ended:
                unit.append(session_id, happened)

    async def recover(self) -> None:
        """Tell of the end of everything that lasted when the last server was killed."""
        await self._wills.carry_out()
