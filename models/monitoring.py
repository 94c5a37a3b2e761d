"""The state of the server and its machine. Source: S4, "System Monitoring API"; S3, `/api/health`."""

from __future__ import annotations

import datetime
import enum
from dataclasses import field

from roocode_server.models.event import Event, event
from roocode_server.models.shape import Shape, limited, value


@value
class Nothing(Shape):
    """A request without parameters."""


@value
class Health(Shape):
    """The state of the server: whether it works, and the runtime of its commands."""

    status: str
    version: str
    runtime: str
    runtime_problem: str | None = None
    running_tasks: int
    active_sessions: int
    docker_available: bool
    timestamp: datetime.datetime


@value
class NetworkStats(Shape):
    """What has passed all network interfaces since the machine started. Source: S4, `network_stats`."""

    bytes_sent: int
    bytes_recv: int
    packets_sent: int
    packets_recv: int


@value
class SystemLoad(Shape):
    """The load averages of the last 1, 5 and 15 minutes. Source: S4, `system_load`."""

    load1: float
    load5: float
    load15: float


@value
class SystemResources(Shape):
    """Resources of the whole machine: usage in percent, sizes in bytes. Source: S4, `SystemResources`.

    `cpuUsage` is the mean since the previous measurement. `claudeProcesses` counts agent programs.
    """

    cpu_usage: float
    memory_usage: float
    memory_used: int
    memory_total: int
    disk_usage: float
    disk_used: int
    disk_total: int
    network_stats: NetworkStats
    system_load: SystemLoad
    active_processes: int
    claude_processes: int
    timestamp: datetime.datetime


@event("system.sampled", durable=False, namespace="/monitoring", in_session=False)
@value
class SystemSampled(Event):
    """The machine's resources have been measured. Only sent to sockets that watch `resources`."""

    resources: SystemResources


class WatchChannel(enum.StrEnum):
    """What a socket can watch of the server: `resources` is sent as `system.sampled`."""

    RESOURCES = "resources"


@value
class SystemWatch(Shape):
    """Watch these channels on this socket, in addition to those it watches already."""

    channels: list[WatchChannel] = field(metadata=limited(shortest=1, longest=16))


@value
class SystemUnwatch(Shape):
    """Watch these channels no longer on this socket; all, if none is named."""

    channels: list[WatchChannel] | None = field(default=None, metadata=limited(longest=16))


@value
class WatchedChannels(Shape):
    """What this socket watches from now on; resources are measured every `sampleInterval` seconds."""

    channels: list[WatchChannel]
    sample_interval: float
