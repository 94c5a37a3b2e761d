"""Watches the workspaces of sessions while commands run in them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import structlog

from roocode_server.engine.concurrency.shield import run_to_completion
from roocode_server.engine.runtimes.runtime import SandboxSpec
from roocode_server.engine.storage.database import Database
from roocode_server.engine.watching.kernel import Inotify
from roocode_server.engine.watching.texts import Budget
from roocode_server.engine.watching.watch import WorkspaceWatch
from roocode_server.models.identifier import SessionId

WATCH_LINGER_S: Final = 30.0
"""How long a watch stays after the last command, so that the next one need not wait for it."""
MOST_LINGERING_WATCHES: Final = 16

log = structlog.get_logger("watching")


class Watchers:
    """Watches workspaces while they are held, and a little longer."""

    def __init__(self, database: Database, *, linger_s: float = WATCH_LINGER_S) -> None:
        self._database = database
        self._linger_s = linger_s
        self._inotify = Inotify()
        self._budget = Budget()
        self._watches: dict[SessionId, WorkspaceWatch] = {}
        self._lingering: dict[SessionId, asyncio.TimerHandle] = {}
        self._ending: set[asyncio.Task[None]] = set()
        self._is_hindered = False

    @asynccontextmanager
    async def hold(self, sandbox: SandboxSpec) -> AsyncIterator[list[str]]:
        """Watch a session's workspace while the block runs; at its end all changes have been reported.

        The block gets a list to which the paths of changed files are added. If the workspace cannot be
        watched, the block runs all the same.
        """
        watch = self._held(sandbox)
        changed: list[str] = []
        try:
            await self._begin(watch)
            watch.told.append(changed)
            yield changed
        finally:
            await run_to_completion(self._release(watch))
            watch.told = [each for each in watch.told if each is not changed]

    async def forget(self, session_id: SessionId) -> None:
        """Stop watching a session that is about to be deleted."""
        watch = self._drop(session_id)
        if watch is not None:
            await watch.end()

    async def close(self) -> None:
        """Stop watching all workspaces."""
        for session_id in list(self._watches):
            await self.forget(session_id)
        if self._ending:
            await asyncio.wait(self._ending)
        await self._inotify.close()

    def _held(self, sandbox: SandboxSpec) -> WorkspaceWatch:
        session_id = sandbox.session_id
        watch = self._watches.get(session_id)
        if watch is None:
            watch = WorkspaceWatch(session_id, sandbox.folder, self._inotify, self._database, self._budget)
            self._watches[session_id] = watch
        watch.holders += 1
        timer = self._lingering.pop(session_id, None)
        if timer is not None:
            timer.cancel()
        return watch

    async def _begin(self, watch: WorkspaceWatch) -> None:
        try:
            await watch.begin()
        except FileNotFoundError:
            log.debug("no workspace to watch", session_id=watch.session_id)  # the runtime reports it
        except OSError as failure:
            if not self._is_hindered:
                self._is_hindered = True
                log.warning("changes of files by commands are not reported", reason=str(failure))

    async def _release(self, watch: WorkspaceWatch) -> None:
        if watch is self._watches.get(watch.session_id):
            await watch.deliver()
        watch.holders -= 1
        if watch.holders or watch is not self._watches.get(watch.session_id):
            return
        if watch.is_watching and self._linger_s > 0 and len(self._lingering) < MOST_LINGERING_WATCHES:
            later = asyncio.get_running_loop().call_later(self._linger_s, self._end, watch.session_id)
            self._lingering[watch.session_id] = later
        else:
            await self.forget(watch.session_id)

    def _end(self, session_id: SessionId) -> None:
        watch = self._drop(session_id)
        if watch is not None:
            task = asyncio.create_task(watch.end(), name=f"end of watch {session_id}")
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)

    def _drop(self, session_id: SessionId) -> WorkspaceWatch | None:
        timer = self._lingering.pop(session_id, None)
        if timer is not None:
            timer.cancel()
        return self._watches.pop(session_id, None)
