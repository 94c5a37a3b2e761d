"""Whether a workspace has room for what is about to be written: measured now and then, counted between."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

from engine.runtimes.workspace import Workspace
from models.error import WorkspaceLimitExceeded
from models.identifier import SessionId
from models.session import ResourceLimits

MEBIBYTE: Final = 2**20
MEASURED_EVERY_S: Final = 10.0
"""Commands write, too, and nobody counts what they do."""


@dataclass(slots=True)
class _Measured:
    used_bytes: int
    at: float


class Room:
    """What the workspaces of sessions take."""

    def __init__(self) -> None:
        self._measured: dict[SessionId, _Measured] = {}

    async def take(
        self, session_id: SessionId, workspace: Workspace, limits: ResourceLimits, size: int
    ) -> None:
        """Count `size` bytes that are about to be written.

        Raises: WorkspaceLimitExceeded, if the workspace would take more than `maxDiskMB`.
        """
        most = limits.max_disk_mb * MEBIBYTE
        known = self._measured.get(session_id)
        if known is None or time.monotonic() - known.at > MEASURED_EVERY_S or known.used_bytes + size > most:
            known = _Measured(await workspace.disk_bytes(), time.monotonic())
            self._measured[session_id] = known
        if known.used_bytes + size > most:
            raise WorkspaceLimitExceeded(
                f"The workspace would take more than {limits.max_disk_mb} MiB; delete files first",
                maxDiskMb=limits.max_disk_mb,
            )
        known.used_bytes += size

    async def forget(self, session_id: SessionId) -> None:
        """The session is gone."""
        self._measured.pop(session_id, None)
