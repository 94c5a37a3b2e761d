"""S4's view of the machine. Source: S4, "System Monitoring API" and "System Resources Object"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from roocode_server.handlers.dialects.opencode.answers import (
    MachineUsage,
    MachineUsageWithNetwork,
    NetworkUsage,
    ToldResources,
)
from roocode_server.handlers.dialects.opencode.exchange import Exchange
from roocode_server.handlers.dialects.opencode.message import message
from roocode_server.handlers.dialects.opencode.wire import MessageShape
from roocode_server.models.shape import value


@value
class NoMore(MessageShape):
    """Nothing beside the type."""


@message("request_system_resources", "system.resources")
async def request_system_resources(exchange: Exchange, request: NoMore) -> ToldResources:
    """Tell the machine's processor, memory, disk and network usage."""
    return ToldResources(data=measured(await exchange.ask("system.resources")))


def measured(resources: Mapping[str, Any]) -> MachineUsageWithNetwork:
    """A sample of the machine with its network, as S4 tells it."""
    network = resources["networkStats"]
    stats = NetworkUsage(
        bytes_sent=network["bytesSent"],
        bytes_recv=network["bytesRecv"],
        packets_sent=network["packetsSent"],
        packets_recv=network["packetsRecv"],
    )
    return MachineUsageWithNetwork(**_usage(resources), network_stats=stats)


def briefly_measured(resources: Mapping[str, Any]) -> MachineUsage:
    """A sample of the machine, as S4's updates tell it."""
    return MachineUsage(**_usage(resources))


def _usage(resources: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "cpu_usage": resources["cpuUsage"],
        "memory_usage": resources["memoryUsage"],
        "memory_used": resources["memoryUsed"],
        "memory_total": resources["memoryTotal"],
        "disk_usage": resources["diskUsage"],
        "disk_used": resources["diskUsed"],
        "disk_total": resources["diskTotal"],
        "active_processes": resources["activeProcesses"],
        "claude_processes": resources["claudeProcesses"],
        "timestamp": resources["timestamp"],
    }


MACHINE_MESSAGES: Final = (request_system_resources,)
