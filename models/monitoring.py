"""The state of the server and its machine. Source: S4, "System Monitoring API"; S3, `/api/health`."""

from __future__ import annotations

import datetime
import enum
from dataclasses import field

from roocode_server.models.event import Event, event
from roocode_server.models.identifier import SessionId, TaskId
from roocode_server.models.log_entry import LogFilter
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
    """What a socket can watch of the server: `resources` (`system.sampled`) and `logs` (`log.written`)."""

    RESOURCES = "resources"
    LOGS = "logs"


@value
class WatchFilters(Shape):
    """Which events of a channel are sent; all, where nothing is said."""

    logs: LogFilter | None = None


@value
class SystemWatch(Shape):
    """Watch these channels on this socket, in addition to those it watches already."""

    channels: list[WatchChannel] = field(metadata=limited(shortest=1, longest=16))
    filters: WatchFilters = field(default_factory=WatchFilters)


@value
class SystemUnwatch(Shape):
    """Watch these channels no longer on this socket; all, if none is named."""

    channels: list[WatchChannel] | None = field(default=None, metadata=limited(longest=16))


@value
class WatchedChannels(Shape):
    """What this socket watches from now on; resources are measured every `sampleInterval` seconds."""

    channels: list[WatchChannel]
    sample_interval: float


class ProcessType(enum.StrEnum):
    """What a process is. The first six are agent programs; `roocode` stands for a task of this server.

    `command`: something else that runs for a session; `sandbox`: what confines a command; `server`: this
    server and its helpers; `system`: everything else. Source: S4, `ProcessType`, which lists no values.
    """

    OPENCODE = "opencode"
    CLAUDE = "claude"
    CLAUDE_DESKTOP = "claude-desktop"
    CODEX = "codex"
    GEMINI = "gemini"
    ROO = "roo"
    ROOCODE = "roocode"
    COMMAND = "command"
    SANDBOX = "sandbox"
    SERVER = "server"
    SYSTEM = "system"


class ProcessState(enum.StrEnum):
    """Whether a process runs or waits (`running`), was stopped by a signal, or has ended unnoticed."""

    RUNNING = "running"
    STOPPED = "stopped"
    ZOMBIE = "zombie"


@value
class SystemProcessList(Shape):
    """A request for the processes that the caller may see; the most active ones come first."""

    type: ProcessType | None = None
    status: ProcessState | None = None
    session_id: SessionId | None = None
    limit: int = field(default=100, metadata=limited(least=1, most=1000))


@value
class SeenProcess(Shape):
    """A process of the machine. Source: S4, `Process`.

    `pid` is the machine's, also in a container. `cpuPercent` is 100 for one processor, `memoryRss` in bytes.
    """

    pid: int
    name: str
    cmdline: str
    status: ProcessState
    cpu_percent: float
    memory_percent: float
    memory_rss: int
    create_time: datetime.datetime
    type: ProcessType
    session_id: SessionId | None = None
    task_id: TaskId | None = None
    working_dir: str | None = None


@value
class SystemProcesses(Shape):
    """Processes that the caller may see; `totalCount` counts all that the request selects."""

    processes: list[SeenProcess]
    total_count: int
    system_load: SystemLoad
    timestamp: datetime.datetime


class AgentActivity(enum.StrEnum):
    """What an agent does. Source: S4, `activity`, of which it shows the first."""

    EXECUTING_TASK = "executing_task"
    WAITING_FOR_PERSON = "waiting_for_person"
    WORKING = "working"
    IDLE = "idle"


@value
class AgentProgram(Shape):
    """An agent program, or a task of this server (`roocode`). Source: S4, `claude_processes`.

    Of a task, `memoryUsage` (bytes) and `cpuPercent` are those of what it has started.
    """

    pid: int
    type: ProcessType
    status: ProcessState
    cmdline: str
    name: str
    start_time: datetime.datetime
    memory_usage: int
    memory_percent: float
    cpu_percent: float
    session_id: SessionId | None = None
    task_id: TaskId | None = None
    working_dir: str | None = None
    is_opencode: bool
    is_claude_desktop: bool
    activity: AgentActivity
    discovered_at: datetime.datetime


@value
class SystemAgents(Shape):
    """The agent programs that the caller may see, oldest first."""

    agents: list[AgentProgram]
    timestamp: datetime.datetime


class KillSignal(enum.StrEnum):
    """A signal that ends a process, unless it handles it; SIGKILL cannot be handled."""

    SIGTERM = "SIGTERM"
    SIGKILL = "SIGKILL"
    SIGINT = "SIGINT"
    SIGHUP = "SIGHUP"
    SIGQUIT = "SIGQUIT"


@value
class SystemKill(Shape):
    """A request to end one process, by the machine's number for it."""

    pid: int = field(metadata=limited(least=1, most=4_194_304))
    signal: KillSignal = KillSignal.SIGTERM


@value
class KilledProcess(Shape):
    """The signal has been sent; `success` if the process has ended, which it did at `terminationTime`."""

    pid: int
    signal: KillSignal
    success: bool
    termination_time: datetime.datetime | None = None
