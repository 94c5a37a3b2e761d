"""Pairs of begin and end events, of which the end is emitted even if the server is killed in between."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from sqlalchemy import select

from roocode_server.engine.storage.database import Database, Transaction
from roocode_server.engine.storage.pending_ends import PendingEndRepository
from roocode_server.engine.storage.tables import sessions
from roocode_server.models.error import NotFound
from roocode_server.models.event import Event
from roocode_server.models.identifier import SessionId

CUT_OFF: Final = "The server was stopped while this ran."


class Lifetimes:
    """Emits begin and end events; `key` identifies what lasts within its session."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._pending_ends = PendingEndRepository(database)

    async def begin(
        self,
        session_id: SessionId,
        key: str,
        begun: Event,
        *,
        pending_end: Event,
        in_same_transaction: Callable[[Transaction], Awaitable[None]] | None = None,
    ) -> None:
        """Emit `begun`. If this server never calls `end`, the next start emits `pending_end` instead.

        Raises: NotFound, if the session is gone.
        """
        async with self._database.transaction() as unit:
            known = select(sessions.c.id).where(sessions.c.id == session_id)
            if (await unit.execute(known)).first() is None:
                raise NotFound("session", session_id)
            await self._pending_ends.add(unit, session_id, key, pending_end)
            unit.append(session_id, begun)
            if in_same_transaction is not None:
                await in_same_transaction(unit)

    async def end(self, session_id: SessionId, key: str, *ended: Event) -> None:
        """Emit the end events; they are dropped if the session is gone."""
        async with self._database.transaction() as unit:
            await self._pending_ends.remove(unit, session_id, key)
            for happened in ended:
                unit.append(session_id, happened)

    async def recover(self) -> None:
        """Emit the pending end of everything that had not ended when the last server was killed."""
        await self._pending_ends.carry_out()
