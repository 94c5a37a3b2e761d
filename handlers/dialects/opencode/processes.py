"""S4's processes: those that run, agent programs among them, and the end of one.

Source: S4, "Process Management API".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any, Final

from roocode_server.handlers.dialects.opencode.answers import (
    EndedProcess,
    ListedAgentPrograms,
    ListedProcesses,
    LoadAverages,
    ProcessPage,
    SentSignal,
    TypedAgentProgram,
    TypedProcess,
)
from roocode_server.handlers.dialects.opencode.exchange import Exchange
from roocode_server.handlers.dialects.opencode.machine import NoMore
from roocode_server.handlers.dialects.opencode.message import message
from roocode_server.handlers.dialects.opencode.wire import MessageShape
from roocode_server.models.clock import format_time, now, parse_time
from roocode_server.models.monitoring import AgentActivity, KillSignal, ProcessState, ProcessType
from roocode_server.models.shape import limited, value


@value
class ProcessFilter(MessageShape):
    """Which processes are listed."""

    type: ProcessType | None = None
    status: ProcessState | None = None


@value
class ProcessListing(MessageShape):
    """Which processes are listed, and how many at most."""

    filter: ProcessFilter | None = None
    limit: int = field(default=100, metadata=limited(least=1, most=1000))


@value
class KillProcess(MessageShape):
    """The process to end, by the machine's number for it."""

    pid: int = field(metadata=limited(least=1, most=4_194_304))
    signal: KillSignal = KillSignal.SIGTERM


@message("request_process_list", "system.processes", "task.get")
async def request_process_list(exchange: Exchange, request: ProcessListing) -> ListedProcesses:
    """List the processes that the caller may see, the most active ones first."""
    wanted = request.filter or ProcessFilter()
    found = await exchange.ask(
        "system.processes",
        type=wanted.type and wanted.type.value,
        status=wanted.status and wanted.status.value,
        limit=request.limit,
    )
    page = ProcessPage(
        processes=[await _process(exchange, each) for each in found["processes"]],
        total_count=found["totalCount"],
        system_load=LoadAverages(**found["systemLoad"]),
        timestamp=found["timestamp"],
    )
    return ListedProcesses(data=page)


@message("request_claude_processes", "system.agents", "task.get")
async def request_claude_processes(exchange: Exchange, request: NoMore) -> ListedAgentPrograms:
    """List the agent programs that the caller may see, this server's own tasks among them."""
    return ListedAgentPrograms(processes=await agent_programs(exchange), timestamp=format_time(now()))


@message("kill_process", "system.kill")
async def kill_process(exchange: Exchange, request: KillProcess) -> EndedProcess:
    """Send a signal to a process of a session of the caller's."""
    done = await exchange.ask("system.kill", pid=request.pid, signal=request.signal.value)
    sent = SentSignal(
        pid=done["pid"],
        signal=KillSignal(done["signal"]),
        success=done["success"],
        termination_time=done.get("terminationTime"),
    )
    return EndedProcess(data=sent)


async def agent_programs(exchange: Exchange) -> list[TypedAgentProgram]:
    """The agent programs, oldest first."""
    found = await exchange.ask("system.agents")
    return [await _agent(exchange, each) for each in found["agents"]]


async def _process(exchange: Exchange, process: Mapping[str, Any]) -> TypedProcess:
    return TypedProcess(
        pid=process["pid"],
        name=process["name"],
        cmdline=process["cmdline"],
        status=ProcessState(process["status"]),
        cpu_percent=process["cpuPercent"],
        memory_percent=process["memoryPercent"],
        memory_rss=process["memoryRss"],
        create_time=parse_time(process["createTime"]).timestamp(),
        type=ProcessType(process["type"]),
        task_id=await _task_of(exchange, process),
        working_dir=process.get("workingDir"),
    )


async def _agent(exchange: Exchange, agent: Mapping[str, Any]) -> TypedAgentProgram:
    return TypedAgentProgram(
        pid=agent["pid"],
        type=ProcessType(agent["type"]),
        status=ProcessState(agent["status"]),
        cmdline=agent["cmdline"],
        name=agent["name"],
        start_time=agent["startTime"],
        memory_usage=agent["memoryUsage"],
        memory_percent=agent["memoryPercent"],
        cpu_percent=agent["cpuPercent"],
        task_id=await _task_of(exchange, agent),
        working_dir=agent.get("workingDir"),
        is_opencode=agent["isOpencode"],
        is_claude_desktop=agent["isClaudeDesktop"],
        activity=AgentActivity(agent["activity"]),
        discovered_at=agent["discoveredAt"],
    )


async def _task_of(exchange: Exchange, process: Mapping[str, Any]) -> str | None:
    """The task for which a process runs, by the id that is shown; None if it runs for none."""
    task_id = process.get("taskId")
    return None if task_id is None else await exchange.shown_task_id(process["sessionId"], task_id)


PROCESS_MESSAGES: Final = (request_process_list, kill_process, request_claude_processes)
