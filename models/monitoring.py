"""The state of the server and its machine. Source: S4, "System Monitoring API"; S3, `/api/health`."""

from __future__ import annotations

import datetime

from roocode_server.models.shape import Shape, value


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
class SystemResources(Shape):
    """Resources of the whole machine: usage in percent, sizes in bytes. Source: S4, `SystemResources`."""

    cpu_usage: float
    memory_usage: float
    memory_used: int
    memory_total: int
    disk_usage: float
    disk_used: int
    disk_total: int
    active_processes: int
    timestamp: datetime.datetime
