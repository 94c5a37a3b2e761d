"""Containers started ahead of their sessions, under ids reserved for future sessions."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable
from pathlib import Path

import structlog

from roocode_server.engine.runtimes.runtime import RuntimeUnavailable, SandboxSpec
from roocode_server.engine.workspace.workspace import Workspace
from roocode_server.models.identifier import SessionId, new_id

log = structlog.get_logger("docker")

Make = Callable[[SandboxSpec], Awaitable[object]]


class WarmPool:
    """Keeps `size` containers ready for sessions with default limits."""

    def __init__(self, size: int, pattern: SandboxSpec, make: Make) -> None:
        """`pattern` is such a session's sandbox; its folder is the parent of the workspaces."""
        self._size = size
        self._pattern = pattern
        self._make = make
        self._ready: deque[SessionId] = deque()
        self._filling: asyncio.Task[None] | None = None

    def take(self) -> SessionId | None:
        """Return the id of a session whose container is running, or None if none is ready."""
        taken = self._ready.popleft() if self._ready else None
        self.fill()
        return taken

    def fill(self) -> None:
        """Start missing containers in the background."""
        if self._size and (self._filling is None or self._filling.done()):
            self._filling = asyncio.create_task(self._fill(), name="warm containers")

    async def close(self) -> None:
        """Start no more; the next server start finds those that exist."""
        if self._filling is not None:
            self._filling.cancel()
            await asyncio.gather(self._filling, return_exceptions=True)

    async def _fill(self) -> None:
        while len(self._ready) < self._size:
            session_id = SessionId(new_id("session"))
            sandbox = _of(self._pattern, session_id)
            await Workspace(sandbox.folder, max_file_bytes=0).make()
            try:
                await self._make(sandbox)
            except RuntimeUnavailable as failure:
                log.warning("no warm container", reason=failure.message)
                with contextlib.suppress(OSError):
                    sandbox.folder.rmdir()
                return
            self._ready.append(session_id)


def remove_empty(folder: Path, is_known: set[str]) -> None:
    """Remove the empty workspaces of reserved sessions that were never created."""
    if not folder.is_dir():
        return
    for entry in folder.iterdir():
        if not entry.name.startswith(".") and entry.name not in is_known:
            with contextlib.suppress(OSError):
                entry.rmdir()


def _of(pattern: SandboxSpec, session_id: SessionId) -> SandboxSpec:
    return SandboxSpec(
        session_id=session_id,
        folder=pattern.folder / session_id,
        limits=pattern.limits,
        network=pattern.network,
    )
