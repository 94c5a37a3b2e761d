"""Copies of whole sessions, which go on by themselves.

A copy is a draft, which nobody sees, until it is whole; if the server stops before, the next start removes
it. Rows are copied as they were at one moment, and the files after them, as a crash would have left them:
what the rows name of checkpoints is in the copy. No task of the session is started meanwhile. In the copy
nothing is at work: what was is as after a stop of the server.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from roocode_server.engine.agent.drafts import SessionDrafts
from roocode_server.engine.agent.runner import TaskRunner
from roocode_server.engine.agent.store.checkpoints import History
from roocode_server.engine.agent.store.results import TaskResults
from roocode_server.engine.sealing.sealer import SealBroken
from roocode_server.engine.sessions.sessions import Sessions, has_expired
from roocode_server.engine.storage.creation import OnCreated, nothing_more
from roocode_server.engine.storage.database import Database, Transaction
from roocode_server.engine.storage.session_rows import OWNED, Renaming, rows_of, store_rows, unique_ids
from roocode_server.engine.storage.tables import events
from roocode_server.engine.storage.tasks import TaskRepository
from roocode_server.models.error import NotFound
from roocode_server.models.event import Event
from roocode_server.models.fork import SessionFork, SessionForked
from roocode_server.models.identifier import SessionId
from roocode_server.models.session import Session, SessionConfig
from roocode_server.models.session_secrets import without_secrets
from roocode_server.models.user import Caller

COPIES_AT_ONCE: Final = 2
"""How many sessions are copied at the same time; further copies wait."""
COPIED_MEANWHILE: Final = "The session was copied during the task"


Prepare = Callable[[Session, Renaming], Awaitable[None]]
"""Called with a copied session and the ids that it has instead of those of the original."""


class SessionForks:
    """Copies sessions."""

    def __init__(
        self,
        database: Database,
        sessions: Sessions,
        drafts: SessionDrafts,
        tasks: TaskRepository,
        results: TaskResults,
        history: History,
        runner: TaskRunner,
    ) -> None:
        self._database = database
        self._sessions = sessions
        self._drafts = drafts
        self._tasks = tasks
        self._results = results
        self._history = history
        self._runner = runner
        self._places = asyncio.Semaphore(COPIES_AT_ONCE)

    async def fork(
        self,
        caller: Caller,
        request: SessionFork,
        source: Session,
        *,
        prepare: Prepare | None = None,
        on_created: OnCreated[Session] = nothing_more,
    ) -> Session:
        """Copy a session into a new one of the caller.

        `prepare` is called with the copy once everything is there, before anybody sees it. Its secrets are
        copied for its owner only. Raises: NotFound, if it is deleted meanwhile; Conflict, if
        directories are moved in its workspace all the time; WorkspaceLimitExceeded, if the user has reached
        `limits.sessions`; ServerOverload.
        """
        async with self._places:
            draft = await self._sessions.draft(
                caller,
                await self._config(caller, source),
                name=request.name or source.name,
                expires_at=None if has_expired(source) else source.expires_at,
            )

            async def make() -> Event:
                async with self._runner.nothing_starts(source.id):
                    renaming, seq = await self._copy_rows(source, draft)
                    await self._copy_files(source.id, draft.id, renaming)
                if prepare is not None:
                    await prepare(draft, renaming)
                return SessionForked(source_session_id=source.id, source_seq=seq)

            async def on_forked(unit: Transaction, session: Session) -> None:
                if not await self._sessions.exists_on(unit, source.id):
                    raise NotFound("session", source.id)
                await on_created(unit, session)

            return await self._drafts.made(caller, draft, make, on_forked, reason=COPIED_MEANWHILE)

    async def _config(self, caller: Caller, source: Session) -> SessionConfig:
        """The configuration of a copy, with its secrets in clear."""
        if caller.user_id == source.user_id:
            try:
                return await self._sessions.revealed(source)
            except SealBroken:
                pass  # they are lost for the session itself, too
        return without_secrets(source.config)

    async def _copy_rows(self, source: Session, draft: Session) -> tuple[Renaming, int]:
        """Copy all rows as they are at one moment; return the new ids, and the end of the log."""
        seq = 0
        async with self._database.snapshot() as read:
            known = {source.id: draft.id, source.user_id: draft.user_id}
            renaming = Renaming.of(await unique_ids(read, source.id), known)
            for owned in OWNED:
                async for rows in rows_of(read, owned, source.id):
                    async with self._database.transaction() as unit:
                        await store_rows(unit, owned, rows, renaming)
                    if owned is events:
                        seq = rows[-1]["seq"]
        return renaming, seq

    async def _copy_files(self, source: SessionId, copy: SessionId, renaming: Renaming) -> None:
        inodes = await self._sessions.workspace(source).replicate(self._sessions.workspace(copy))
        await self._history.copy(source, copy, renaming, inodes)
        for task_id in await self._tasks.unfinished_ids(copy):
            async with self._database.transaction() as unit:
                await self._results.relocate(unit, task_id, inodes)
