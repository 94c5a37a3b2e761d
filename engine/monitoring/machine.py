"""The machine's resources. Source: S4, `SystemResources`; shapes in camel case at S0's doors."""

from __future__ import annotations

import asyncio

import psutil

from roocode_server.models.clock import now
from roocode_server.models.monitoring import SystemResources


async def system_resources(data_dir: str) -> SystemResources:
    """Measure processor, memory, disk (of the data directory) and process figures; takes a tenth of a
    second.
    """
    return await asyncio.to_thread(_measure, data_dir)


def _measure(data_dir: str) -> SystemResources:
    memory = psutil.virtual_memory()
    disk = psutil.disk_usage(data_dir)
    return SystemResources(
        cpu_usage=psutil.cpu_percent(interval=0.1),
        memory_usage=memory.percent,
        memory_used=memory.used,
        memory_total=memory.total,
        disk_usage=disk.percent,
        disk_used=disk.used,
        disk_total=disk.total,
        active_processes=len(psutil.pids()),
        timestamp=now(),
    )
