"""The watch over one session's workspace: collects changes and reports them once they have settled."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import structlog

from roocode_server.engine.concurrency.shield import run_to_completion
from roocode_server.engine.storage.database import Database
from roocode_server.engine.watching.debounce import ChangeSummary, Settling, TokenBucket
from roocode_server.engine.watching.events import Telling
from roocode_server.engine.watching.kernel import Inotify
from roocode_server.engine.watching.texts import (
    FILES_PER_STEP,
    FIRST_STEPS,
    Budget,
    Texts,
    read_ahead,
    text_of,
)
from roocode_server.engine.watching.tree import Tree, TreeChange, WatchedFolder
from roocode_server.engine.workspace.lock import workspace_lock
from roocode_server.models.event import Event
from roocode_server.models.file import FileCreated, FileDeleted, FileModified
from roocode_server.models.identifier import SessionId

COMPARE_INTERVAL_S: Final = 2.0
"""The interval of comparisons while somebody may write where the kernel does not watch."""
COMPARED_SHARE: Final = 20
"""Comparing takes at most one part in this many of the time."""

log = structlog.get_logger("watching")

_FILE_EVENTS = FileCreated | FileModified | FileDeleted
_Stirred = Sequence[tuple[tuple[WatchedFolder, str], bool]]


class WorkspaceWatch:
    """One workspace, watched from `begin` to `end`."""

    def __init__(
        self, session_id: SessionId, folder: Path, inotify: Inotify, database: Database, budget: Budget
    ) -> None:
        self.session_id = session_id
        self.holders = 0
        self.told: list[list[str]] = []
        """The paths of changed files are added to each of these lists."""
        self._inotify = inotify
        self._database = database
        self._turn = workspace_lock(folder)
        self._texts = Texts(budget)
        self._gone: dict[tuple[WatchedFolder, str], bytes] = {}
        self._tree = Tree(folder, self, self._forget)
        self._ahead = read_ahead(self._tree, self._texts)
        self._loop = asyncio.get_running_loop()
        self._settling: Settling[tuple[WatchedFolder, str]] = Settling()
        self._allowance = TokenBucket()
        self._sum = ChangeSummary()
        self._compare_at = 0.0
        self._is_hindered = False
        self._is_lost = False
        self._is_over = False
        self._wake = asyncio.Event()
        self._delivering = asyncio.Lock()
        self._begun: asyncio.Task[None] | None = None
        self._beside: list[asyncio.Task[None]] = []

    @property
    def is_watching(self) -> bool:
        """Whether watching has begun successfully."""
        begun = self._begun
        return begun is not None and begun.done() and not begun.cancelled() and begun.exception() is None

    async def begin(self) -> None:
        """Start watching; concurrent callers wait for the first one.

        If the kernel has no watches left, the workspace is compared from time to time, and at the end of each
        command.
        Raises: OSError, if there is no workspace.
        """
        self._wake.set()
        if self._begun is None:
            self._begun = asyncio.create_task(self._begin(), name=f"watch {self.session_id}")
        await asyncio.shield(self._begun)

    async def end(self) -> None:
        """Stop watching; changes that have not been reported are dropped."""
        self._is_over = True
        if self._begun is not None:
            await asyncio.wait([self._begun])
        for task in self._beside:
            task.cancel()
        if self._beside:
            await asyncio.wait(self._beside)
        await asyncio.to_thread(self._close)

    async def deliver(self) -> None:
        """Report all changes so far."""
        if not self.is_watching:
            return
        await run_to_completion(self._deliver(is_all=True))

    def add(self, folder: WatchedFolder, descriptor: int) -> bool:
        """Watch an open directory of the tree."""
        return self._inotify.add(folder, descriptor, self)

    def remove(self, folder: WatchedFolder) -> None:
        """Stop watching a directory of the tree."""
        self._inotify.remove(folder)

    def stirred(self, folder: WatchedFolder, name: str, *, moved_in: bool) -> None:
        """Handle a notification about a name in a directory of the tree."""
        self._settling.stir((folder, name), self._loop.time(), mark=moved_in)
        self._wake.set()

    def lost(self) -> None:
        """Handle lost notifications."""
        self._is_lost = True
        self._wake.set()

    async def _begin(self) -> None:
        await self._inotify.open()
        await asyncio.to_thread(self._look)
        if self._tree.is_partial:
            log.warning("workspace too large to be watched completely", session_id=self.session_id)
        self._tell_hindrance()
        self._compare_at = self._loop.time() + COMPARE_INTERVAL_S
        self._beside = [asyncio.create_task(self._follow()), asyncio.create_task(self._read_ahead())]

    def _look(self) -> None:
        with self._turn:
            self._turn.on_write = self._on_write
            self._tree.look()
        for _ in range(FIRST_STEPS):
            with self._turn:
                next(self._ahead, None)

    def _close(self) -> None:
        with self._turn:
            if self._turn.on_write == self._on_write:
                self._turn.on_write = None
            self._tree.close()
            self._texts.clear()

    def _on_write(self, path: str, facts: os.stat_result | None) -> None:
        """Called with the lock held when this server has changed something itself, for which it emits its own
        event.
        """
        try:
            changes = self._tree.accept(path, facts)
            self._gone.clear()
            for change in changes[:FILES_PER_STEP]:
                self._keep(change)
        except OSError:
            log.debug("not looked at", session_id=self.session_id, path=path)

    def _keep(self, change: TreeChange) -> None:
        if change.identity is not None and not change.folder.is_gone:
            with self._tree.open(change.folder) as parent:
                text = text_of(parent, change.name, change.identity)
            if text is not None:
                self._texts.keep(change.folder, change.name, change.identity, text)

    def _forget(self, folder: WatchedFolder, name: str | None) -> None:
        if name is not None:
            text = self._texts.get(folder, name, folder.files.get(name))
            if text is not None:
                self._gone[folder, name] = text
        self._texts.forget(folder, name)

    async def _read_ahead(self) -> None:
        """Read texts step by step while commands run, pausing twice as long as each step takes."""

        def step() -> bool:
            with self._turn:
                return next(self._ahead, self) is not self

        began = self._loop.time()
        while not self._is_over and await asyncio.to_thread(step):
            await asyncio.sleep(2 * (self._loop.time() - began))
            began = self._loop.time()

    async def _follow(self) -> None:
        """Report changes as they settle, until the watch ends."""
        while True:
            dues = (self._settling.due, self._sum.due, self._compare_at if self._must_compare else None)
            due = min((at for at in dues if at is not None), default=None)
            if self._is_lost or (due is not None and due <= self._loop.time()):
                await run_to_completion(self._deliver(is_all=False))
            elif due is not None:
                await asyncio.sleep(due - self._loop.time())
            else:
                self._wake.clear()
                await self._wake.wait()

    @property
    def _must_compare(self) -> bool:
        """Whether somebody may write where the kernel does not watch."""
        return self.holders > 0 and bool(self._tree.unwatched)

    def _tell_hindrance(self) -> None:
        if self._tree.unwatched and not self._is_hindered:
            self._is_hindered = True
            log.warning(
                "the kernel has no watches left: changes by commands are found by comparing",
                session_id=self.session_id,
                folders=len(self._tree.unwatched),
            )

    async def _deliver(self, *, is_all: bool) -> None:
        async with self._delivering:
            try:
                events = await self._events(is_all=is_all)
                if events and not self._is_over:
                    async with self._database.transaction() as unit:
                        for event in events:
                            unit.append(self.session_id, event)
                    paths = [path for path in map(_file, events) if path is not None]
                    for each in self.told:
                        each += paths
            except Exception:
                # A failure here must not affect the command's result or later changes.
                log.exception("changes of files not reported", session_id=self.session_id)

    async def _events(self, *, is_all: bool) -> list[Event]:
        await self._inotify.read()
        now = self._loop.time()
        stirred = self._settling.take(None if is_all else now)
        events: list[Event] = []
        if self._is_lost:
            self._is_lost = False
            self._settling.clear()
            self._sum.lose(now)
            await asyncio.to_thread(self._look_again)
        elif stirred or (self._must_compare and (is_all or self._compare_at <= now)):
            events = await asyncio.to_thread(self._compare, stirred, now, is_all=is_all)
            self._tell_hindrance()
        if self._sum.due is not None and (is_all or self._sum.due <= now):
            summed = self._sum.take()
            events += [summed] if summed is not None else []
        return events

    def _look_again(self) -> None:
        with self._turn:
            self._tree.look()
            self._gone.clear()

    def _compare(self, stirred: _Stirred, now: float, *, is_all: bool) -> list[Event]:
        with self._turn:
            changes = self._tree.compare(stirred)
            if self._must_compare and (is_all or self._compare_at <= now):
                try:
                    changes += self._tree.compare_unwatched()
                finally:
                    took_s = self._loop.time() - now
                    self._compare_at = now + max(COMPARE_INTERVAL_S, took_s * COMPARED_SHARE)
            gone, self._gone = self._gone, {}
        told = 0 if self._sum.due is not None else self._allowance.take(len(changes), now)
        self._sum.add(((change.kind, change.path) for change in changes[told:]), now)
        return Telling(self._tree, self._texts, self._turn, gone).events(changes[:told])


def _file(event: Event) -> str | None:
    """Return the path of a file event; None for other events."""
    if not isinstance(event, _FILE_EVENTS) or getattr(event, "kind", None) == "directory":
        return None
    return event.path
