"""Disk quota: whether a workspace has room for a file, measured from time to time and counted in between."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from roocode_server.engine.workspace.walk import disk_bytes
from roocode_server.models.error import WorkspaceLimitExceeded
from roocode_server.models.session import ResourceLimits

MEASURE_INTERVAL_S: Final = 10.0
"""Measured again because commands also write, which is not counted."""

LimitsOf = Callable[[], Awaitable[ResourceLimits]]


class DiskQuota:
    """The disk usage and limits of one workspace, shared by all who write to it."""

    def __init__(self, limits: LimitsOf) -> None:
        self.limits = limits
        self._used_bytes: int | None = None
        self._measured_at = 0.0

    def take(self, folder: Path, limits: ResourceLimits, *, size: int, before: int) -> None:
        """Count a file of `size` bytes that is about to replace one of `before` bytes.

        A file that does not grow is always allowed. Raises: WorkspaceLimitExceeded, if the file would exceed
        `maxFileSizeMB`, or the workspace `maxDiskMB`.
        """
        growth = size - before
        if growth > 0:
            self._check(folder, limits, size, growth)
        if self._used_bytes is not None:
            self._used_bytes += growth

    def _check(self, folder: Path, limits: ResourceLimits, size: int, growth: int) -> None:
        if size > limits.max_file_bytes:
            raise WorkspaceLimitExceeded(
                f"A file of this session can have at most {limits.max_file_size_mb} MiB; write less",
                maxFileSizeMB=limits.max_file_size_mb,
            )
        most = limits.max_disk_bytes
        used, moment = self._used_bytes, time.monotonic()
        if used is None or moment - self._measured_at > MEASURE_INTERVAL_S or used + growth > most:
            used = self._used_bytes = disk_bytes(folder)
            self._measured_at = moment
        if used + growth > most:
            raise WorkspaceLimitExceeded(
                f"The workspace would exceed its limit of {limits.max_disk_mb} MiB; delete files first",
                maxDiskMB=limits.max_disk_mb,
            )
