"""The machine's resources. Source: S4, `SystemResources`; shapes in camel case at S0's doors."""

from __future__ import annotations

import os
from typing import Final

import psutil

from roocode_server.engine.monitoring.programs import agent_programs
from roocode_server.models.clock import now
from roocode_server.models.monitoring import NetworkStats, SystemLoad, SystemResources

_AT_REST: Final = ("idle", "iowait")
_IN_OTHERS: Final = ("guest", "guest_nice")
"""Times that are part of `user` and `nice` already."""


class Machine:
    """Measures this machine. `data_dir` is where the disk is looked at."""

    def __init__(self, data_dir: str) -> None:
        self._data_dir = data_dir
        self._times = psutil.cpu_times()
        self._usage = 0.0

    def measure(self) -> SystemResources:
        """Return the resources in use; takes a few milliseconds. One thread at a time may measure.

        Raises: OSError, if the disk of the data directory cannot be looked at.
        """
        memory = psutil.virtual_memory()
        disk = psutil.disk_usage(self._data_dir)
        load1, load5, load15 = os.getloadavg()
        return SystemResources(
            cpu_usage=self._cpu_usage(),
            memory_usage=memory.percent,
            memory_used=memory.used,
            memory_total=memory.total,
            disk_usage=disk.percent,
            disk_used=disk.used,
            disk_total=disk.total,
            network_stats=_network(),
            system_load=SystemLoad(load1=load1, load5=load5, load15=load15),
            active_processes=len(psutil.pids()),
            claude_processes=sum(1 for _ in agent_programs()),
            timestamp=now(),
        )

    def _cpu_usage(self) -> float:
        """The processors' usage in percent since the previous measurement."""
        before, self._times = self._times, psutil.cpu_times()
        spent = {name: getattr(self._times, name) - getattr(before, name) for name in self._times._fields}
        total = sum(spent[name] for name in spent if name not in _IN_OTHERS)
        if total > 0:
            at_rest = sum(spent[name] for name in _AT_REST)
            self._usage = round(min(100.0, max(0.0, 100 * (1 - at_rest / total))), 1)
        return self._usage


def _network() -> NetworkStats:
    counted = psutil.net_io_counters()
    if counted is None:  # a machine without interfaces
        return NetworkStats(bytes_sent=0, bytes_recv=0, packets_sent=0, packets_recv=0)
    return NetworkStats(
        bytes_sent=counted.bytes_sent,
        bytes_recv=counted.bytes_recv,
        packets_sent=counted.packets_sent,
        packets_recv=counted.packets_recv,
    )
