"""Stops a long-running program when its workspace exceeds the size limit."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from roocode_server.engine.runtimes.execution import DISK_MEASURE_SHARE, is_over_disk
from roocode_server.engine.runtimes.runtime import SandboxSpec

_CHECK_INTERVAL_S: Final = 2.0


async def guard_disk(sandbox: SandboxSpec, ended: asyncio.Event, stop: Callable[[], None]) -> None:
    """Call `stop` when the workspace exceeds its limit; return when the program has ended."""
    loop = asyncio.get_running_loop()
    pause_s = _CHECK_INTERVAL_S
    while not ended.is_set():
        await asyncio.sleep(pause_s)
        began = loop.time()
        if await is_over_disk(sandbox.folder, sandbox.limits):
            stop()
            return
        pause_s = max(_CHECK_INTERVAL_S, (loop.time() - began) * DISK_MEASURE_SHARE)
