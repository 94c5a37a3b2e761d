"""Makes sessions of archives, which may be hostile.

The archive is received, then extracted and checked in a process of its own, and only then becomes a session:
a draft, which nobody sees until it is whole. Whoever it names as its owner, the session is the caller's.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Generator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, Final

from roocode_server.engine.agent.drafts import SessionDrafts
from roocode_server.engine.agent.session_archive.checks import TABLES, read_lines, stored
from roocode_server.engine.agent.session_archive.extraction import extract_session
from roocode_server.engine.agent.session_archive.form import CHECKPOINTS_MEMBER, LINES, SessionManifest
from roocode_server.engine.agent.store.checkpoints import History
from roocode_server.engine.agent.store.results import TaskResults
from roocode_server.engine.concurrency.shield import run_to_completion
from roocode_server.engine.concurrency.worker import Exhausted, run_in_worker
from roocode_server.engine.sessions.sessions import Sessions
from roocode_server.engine.storage.creation import OnCreated, nothing_more
from roocode_server.engine.storage.database import Database
from roocode_server.engine.storage.session_rows import ROWS_PER_UNIT, Renaming, store_rows
from roocode_server.engine.storage.tables import events
from roocode_server.engine.storage.tasks import TaskRepository
from roocode_server.engine.workspace.archive_reader import check_extracted
from roocode_server.engine.workspace.exchange import CONTENT
from roocode_server.engine.workspace.os_errors import os_errors
from roocode_server.engine.workspace.upload import Incoming
from roocode_server.models.error import InvalidField, ValidationFailed
from roocode_server.models.event import EVENTS, Event
from roocode_server.models.fork import SessionImport, SessionImported
from roocode_server.models.session import ResourceLimits, Session, SessionConfig, SessionConfigChange
from roocode_server.models.user import Caller

MOST_ROWS_BYTES: Final = 1_073_741_824
"""The most bytes of rows and checkpoints of one session."""
MOST_ARCHIVE_BYTES: Final = 68_719_476_736
IMPORTS_AT_ONCE: Final = 2
"""How many archives are received and extracted at the same time; further ones wait."""
EXTRACTION_CPU_S: Final = 600
EXTRACTION_TIMEOUT_S: Final = 1200.0
IMPORTED_MEANWHILE: Final = "The session was exported during the task"


class SessionImports:
    """Makes sessions of archives."""

    def __init__(
        self,
        database: Database,
        sessions: Sessions,
        drafts: SessionDrafts,
        tasks: TaskRepository,
        results: TaskResults,
        history: History,
        *,
        limits: ResourceLimits,
    ) -> None:
        """`limits` are those of sessions that name none."""
        self._database = database
        self._sessions = sessions
        self._drafts = drafts
        self._tasks = tasks
        self._results = results
        self._history = history
        self._limits = limits
        self._places = asyncio.Semaphore(IMPORTS_AT_ONCE)

    async def take_in(
        self,
        caller: Caller,
        request: SessionImport,
        pieces: AsyncIterator[bytes],
        *,
        on_created: OnCreated[Session] = nothing_more,
    ) -> Session:
        """Make a session of the caller of an archive that `pieces` yields, completely or not at all.

        Raises: InvalidField, if it is no such archive, damaged, of a newer version, or contains what it must
        not; PayloadTooLarge, WorkspaceLimitExceeded, if it is too large, or the user has reached
        `limits.sessions`; ExtraNotInstalled, if its provider is not installed; ServerOverload.
        """
        async with self._places:
            with os_errors("/"):
                incoming = await asyncio.to_thread(
                    Incoming,
                    self._sessions.new_place(),
                    max_bytes=MOST_ARCHIVE_BYTES,
                    room_bytes=MOST_ARCHIVE_BYTES,
                )
            try:
                async for piece in pieces:
                    with os_errors("/"):
                        await run_to_completion(asyncio.to_thread(incoming.write, piece))
                found = await self._extracted(incoming)
                return await self._made(caller, request, incoming.path, found, on_created)
            finally:
                await run_to_completion(asyncio.to_thread(incoming.close))

    async def _extracted(self, incoming: Incoming) -> dict[str, Any]:
        """Raises: InvalidField, WorkspaceLimitExceeded, ServerOverload."""
        os.lseek(incoming.descriptor, 0, os.SEEK_SET)
        try:
            found: dict[str, Any] = await run_in_worker(
                extract_session,
                self._limits,
                MOST_ROWS_BYTES,
                frozenset(name for name, declared in EVENTS.items() if declared.durable),
                owner=str(incoming.path),
                cpu_s=EXTRACTION_CPU_S,
                patience_s=EXTRACTION_TIMEOUT_S,
                descriptors=(incoming.descriptor, incoming.stage),
                is_long=True,
            )
        except Exhausted:
            raise InvalidField("", "Unpacking the archive exceeds the limits on time or memory.") from None
        check_extracted(found)
        return found

    async def _made(
        self,
        caller: Caller,
        request: SessionImport,
        stage: Path,
        found: Mapping[str, Any],
        on_created: OnCreated[Session],
    ) -> Session:
        manifest = SessionManifest.load(found["manifest"])
        draft = await self._sessions.draft(
            caller,
            await self._config(manifest),
            name=request.name or manifest.name[:200] or manifest.session_id,
            expires_at=None,
        )

        async def make() -> Event:
            known = {manifest.session_id: draft.id, manifest.user_id: draft.user_id}
            renaming = Renaming.of(found["ids"], known)
            seq = await self._store_rows(stage, renaming)
            await self._sessions.workspace(draft.id).take_over(stage / CONTENT)
            await self._store_checkpoints(draft, stage, manifest, renaming)
            inodes = dict(found["inodes"])
            for task_id in await self._tasks.unfinished_ids(draft.id):
                async with self._database.transaction() as unit:
                    await self._results.relocate(unit, task_id, inodes)
            return SessionImported(
                source_session_id=manifest.session_id,
                source_seq=seq,
                exported_at=manifest.exported_at[:64],
                server_version=manifest.server_version[:64],
            )

        return await self._drafts.made(caller, draft, make, on_created, reason=IMPORTED_MEANWHILE)

    async def _config(self, manifest: SessionManifest) -> SessionConfig:
        """Raises: InvalidField, ExtraNotInstalled."""
        try:
            wanted = SessionConfigChange.load(manifest.config)
        except ValidationFailed:
            raise InvalidField("", "The archive is refused: its configuration is wrong.") from None
        return await self._sessions.admitted(wanted)

    async def _store_rows(self, stage: Path, renaming: Renaming) -> int:
        """Store all rows with new ids; return the end of the log."""
        seq = 0
        for name, table in TABLES.items():
            file = stage / f"{name}{LINES}"
            if not file.exists():
                continue
            pages = _pages(file)
            try:
                while page := await run_to_completion(asyncio.to_thread(next, pages, None)):
                    rows = [stored(table, row) for row in page]
                    async with self._database.transaction() as unit:
                        await store_rows(unit, table, rows, renaming)
                    if table is events:
                        seq = rows[-1]["seq"]
            finally:
                pages.close()
        return seq

    async def _store_checkpoints(
        self, draft: Session, stage: Path, manifest: SessionManifest, renaming: Renaming
    ) -> None:
        bundle = stage / CHECKPOINTS_MEMBER
        if bundle.exists():
            await self._history.take_in(
                draft.id,
                bundle,
                names=manifest.task_names,
                renaming=renaming,
                most_bytes=draft.config.resource_limits.max_file_bytes,
            )


def _pages(file: Path) -> Generator[list[dict[str, Any]], None, None]:
    with file.open("rb") as lines:
        rows = read_lines(lines)
        while page := list(islice(rows, ROWS_PER_UNIT)):
            yield page
