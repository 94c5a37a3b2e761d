"""What the server says on `/ws`, field by field as the document shows it. Source: S4."""

from __future__ import annotations

from dataclasses import field
from typing import Any, Final

from roocode_server.handlers.dialects.opencode.subscriptions import Channel
from roocode_server.handlers.dialects.opencode.typed_answer import TIME, TypedAnswer
from roocode_server.models.monitoring import AgentActivity, KillSignal, ProcessState, ProcessType
from roocode_server.models.shape import PlainShape, value
from roocode_server.models.task import TaskPriority, TaskStatus


@value
class Greeting(TypedAnswer):
    """The first message of a connection."""

    kind = "connection_established"
    server_version: str
    timestamp: str = field(metadata=TIME)


@value
class Pong(TypedAnswer):
    """A sign of life, with the `timestamp` of the ping."""

    kind = "pong"
    timestamp: float
    server_time: str = field(metadata=TIME)


@value
class BriefTask(PlainShape):
    """A task as lists show it."""

    id: str
    type: str
    priority: TaskPriority
    description: str
    status: TaskStatus
    progress: int
    created_at: str = field(metadata=TIME)


@value
class WholeTask(BriefTask):
    """A task with all that S4 knows of it; `timeout` is in milliseconds.

    `runtime_status` is its status, or what it does within it.
    """

    started_at: str | None = field(default=None, metadata=TIME)
    completed_at: str | None = field(default=None, metadata=TIME)
    runtime_status: str
    dependencies: list[str]
    files_pattern: str | None = None
    timeout: int | None = None
    retry_count: int = 0
    error: str | None = None


@value
class RunningAgent(PlainShape):
    """A running task, with what the programs use that it has started: memory in bytes."""

    id: str
    status: str
    type: ProcessType
    task: str
    progress: int
    start_time: str | None = field(default=None, metadata=TIME)
    memory_usage: int
    cpu_percent: float
    working_dir: str | None = None
    is_claude_desktop: bool
    process_type: ProcessType


@value
class MachineUsage(PlainShape):
    """The machine's resources: usage in percent, sizes in bytes."""

    cpu_usage: float
    memory_usage: float
    memory_used: int
    memory_total: int
    disk_usage: float
    disk_used: int
    disk_total: int
    active_processes: int
    claude_processes: int
    timestamp: str = field(metadata=TIME)


@value
class NetworkUsage(PlainShape):
    """What has passed all network interfaces since the machine started."""

    bytes_sent: int
    bytes_recv: int
    packets_sent: int
    packets_recv: int


@value
class MachineUsageWithNetwork(MachineUsage):
    """The machine's resources and its network."""

    network_stats: NetworkUsage


@value
class TypedProcess(PlainShape):
    """A process; `create_time` in seconds since 1970, `memory_rss` in bytes."""

    pid: int
    name: str
    cmdline: str
    status: ProcessState
    cpu_percent: float
    memory_percent: float
    memory_rss: int
    create_time: float
    type: ProcessType
    task_id: str | None = None
    working_dir: str | None = None


@value
class TypedAgentProgram(PlainShape):
    """An agent program, or a task of this server; `memory_usage` in bytes."""

    pid: int
    type: ProcessType
    status: ProcessState
    cmdline: str
    name: str
    start_time: str = field(metadata=TIME)
    memory_usage: int
    memory_percent: float
    cpu_percent: float
    task_id: str | None = None
    working_dir: str | None = None
    is_opencode: bool
    is_claude_desktop: bool
    activity: AgentActivity
    discovered_at: str = field(metadata=TIME)


@value
class WholeStatus(PlainShape):
    """The agents, the newest tasks, the machine, and the agent programs that run on it."""

    agents: list[RunningAgent]
    tasks: list[BriefTask]
    system_resources: MachineUsage
    claude_processes: list[TypedAgentProgram]


@value
class FullStatus(TypedAnswer):
    """Everything at once."""

    kind = "full_status"
    data: WholeStatus


@value
class StartedTask(TypedAnswer):
    """The task has been accepted."""

    kind = "task_started"
    task_id: str
    task: BriefTask


@value
class CancelledTask(TypedAnswer):
    """The task has been stopped."""

    kind = "task_cancelled"
    task_id: str
    timestamp: str = field(metadata=TIME)


@value
class RetriedTask(TypedAnswer):
    """The task has been queued again."""

    kind = "task_retried"
    task_id: str
    retry_count: int
    timestamp: str = field(metadata=TIME)


@value
class ToldTask(TypedAnswer):
    """All about a task."""

    kind = "task_status"
    task: WholeTask


@value
class ListedTasks(TypedAnswer):
    """A part of the tasks that the filter selects (`filtered_count`) among all (`total_count`)."""

    kind = "task_list"
    tasks: list[BriefTask]
    total_count: int
    filtered_count: int


@value
class ToldResources(TypedAnswer):
    """The machine's resources as they are now."""

    kind = "system_resources"
    data: MachineUsageWithNetwork


@value
class LoadAverages(PlainShape):
    """The load averages of the last 1, 5 and 15 minutes."""

    load1: float
    load5: float
    load15: float


@value
class ProcessPage(PlainShape):
    """Processes, the most active ones first; `total_count` counts all that the filter selects."""

    processes: list[TypedProcess]
    total_count: int
    system_load: LoadAverages
    timestamp: str = field(metadata=TIME)


@value
class ListedProcesses(TypedAnswer):
    """The processes that the caller may see."""

    kind = "process_list"
    data: ProcessPage


@value
class TypedEntry(PlainShape):
    """An entry of the log; `agent` is its task, or else the part of the server that wrote it."""

    time: str = field(metadata=TIME)
    level: str
    message: str
    agent: str
    details: dict[str, Any]


@value
class EntryPage(PlainShape):
    """Entries, the newest first; `filtered_count` counts all that the filter selects."""

    entries: list[TypedEntry]
    total_count: int
    filtered_count: int
    timestamp: str = field(metadata=TIME)


@value
class ListedEntries(TypedAnswer):
    """The log entries that the caller may see."""

    kind = "log_entries"
    data: EntryPage


@value
class CallTimes(PlainShape):
    """How long calls took, in milliseconds."""

    average: float = 0.0
    min: float = 0.0
    max: float = 0.0
    p95: float = 0.0
    p99: float = 0.0


@value
class CallThroughput(PlainShape):
    """How many calls there were, and how many bytes they moved."""

    requests_per_second: float
    bytes_per_second: float


@value
class CallErrors(PlainShape):
    """Which calls failed."""

    total_errors: int
    error_rate_percent: float
    errors_by_type: dict[str, int]


@value
class UsageTrend(PlainShape):
    """How the machine was used, in percent; `timestamps` are hours and minutes in UTC."""

    cpu_trend: list[float]
    memory_trend: list[float]
    timestamps: list[str]


@value
class ServerPerformance(PlainShape):
    """How the server and the machine did."""

    response_times: CallTimes
    throughput: CallThroughput
    error_rates: CallErrors
    resource_usage: UsageTrend
    timestamp: str = field(metadata=TIME)


@value
class ToldPerformance(TypedAnswer):
    """The performance of the time that was asked about."""

    kind = "performance_metrics"
    data: ServerPerformance


@value
class SentSignal(PlainShape):
    """The signal that was sent, and when the process ended, if it has."""

    pid: int
    signal: KillSignal
    success: bool
    termination_time: str | None = field(default=None, metadata=TIME)


@value
class EndedProcess(TypedAnswer):
    """The signal has been sent."""

    kind = "process_killed"
    data: SentSignal


@value
class ListedAgentPrograms(TypedAnswer):
    """The agent programs that the caller may see, oldest first."""

    kind = "claude_processes"
    processes: list[TypedAgentProgram]
    timestamp: str = field(metadata=TIME)


@value
class ConfirmedSubscription(TypedAnswer):
    """The subscription has begun."""

    kind = "subscription_confirmed"
    channels: list[Channel]
    subscription_id: str
    timestamp: str = field(metadata=TIME)


@value
class ConfirmedUnsubscription(TypedAnswer):
    """These channels have ended."""

    kind = "unsubscription_confirmed"
    channels: list[Channel]
    subscription_id: str | None = None
    timestamp: str = field(metadata=TIME)


@value
class ResourceUpdate(TypedAnswer):
    """The machine has been measured (channel `system_resources`)."""

    kind = "resource_update"
    resources: MachineUsage


@value
class TaskStatusUpdate(TypedAnswer):
    """A task's status has changed (channel `task_status`)."""

    kind = "task_status_update"
    task_id: str
    old_status: TaskStatus
    new_status: TaskStatus
    progress: int
    timestamp: str = field(metadata=TIME)


@value
class AgentNews(PlainShape):
    """An agent as it is now; `memory_usage` in bytes."""

    id: str
    status: str
    type: ProcessType
    task: str
    progress: int
    memory_usage: int
    cpu_percent: float
    timestamp: str = field(metadata=TIME)


@value
class AgentUpdate(TypedAnswer):
    """An agent has made progress, or has been measured (channels `task_status` and `agents`)."""

    kind = "agent_update"
    agent: AgentNews


@value
class EntryUpdate(TypedAnswer):
    """An entry of the log has been written (channel `log_entries`)."""

    kind = "log_entry"
    log: TypedEntry


UPDATES: Final = (ResourceUpdate, TaskStatusUpdate, AgentUpdate, EntryUpdate)
"""What the server says to subscribers. Source: S4, "Real-time Update Messages"."""
