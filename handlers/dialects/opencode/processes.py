"""S4's processes: those that run, agent programs among them, and the end of one.

Source: S4, "Process Management API".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any, Final

from roocode_server.handlers.dialects.opencode.exchange import Exchange
from roocode_server.handlers.dialects.opencode.machine import NoMore
from roocode_server.handlers.dialects.opencode.message import message
from roocode_server.handlers.dialects.opencode.refusals import Content
from roocode_server.handlers.dialects.opencode.wire import MessageShape
from roocode_server.models.clock import format_time, now, parse_time
from roocode_server.models.monitoring import KillSignal, ProcessState, ProcessType
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
async def request_process_list(exchange: Exchange, request: ProcessListing) -> Content:
    """List the processes that the caller may see, the most active ones first."""
    wanted = request.filter or ProcessFilter()
    found = await exchange.ask(
        "system.processes",
        type=wanted.type and wanted.type.value,
        status=wanted.status and wanted.status.value,
        limit=request.limit,
    )
    data = {
        "processes": [await _process(exchange, each) for each in found["processes"]],
        "total_count": found["totalCount"],
        "system_load": found["systemLoad"],
        "timestamp": found["timestamp"],
    }
    return {"type": "process_list", "data": data}


@message("request_claude_processes", "system.agents", "task.get")
async def request_claude_processes(exchange: Exchange, request: NoMore) -> Content:
    """List the agent programs that the caller may see, this server's own tasks among them."""
    return {
        "type": "claude_processes",
        "processes": await agent_programs(exchange),
        "timestamp": format_time(now()),
    }


@message("kill_process", "system.kill")
async def kill_process(exchange: Exchange, request: KillProcess) -> Content:
    """Send a signal to a process of a session of the caller's."""
    done = await exchange.ask("system.kill", pid=request.pid, signal=request.signal.value)
    data = {"pid": done["pid"], "signal": done["signal"], "success": done["success"]}
    if "terminationTime" in done:
        data["termination_time"] = done["terminationTime"]
    return {"type": "process_killed", "data": data}


async def agent_programs(exchange: Exchange) -> list[Content]:
    """The agent programs, oldest first."""
    found = await exchange.ask("system.agents")
    return [await _agent(exchange, each) for each in found["agents"]]


async def _process(exchange: Exchange, process: Mapping[str, Any]) -> Content:
    return {
        "pid": process["pid"],
        "name": process["name"],
        "cmdline": process["cmdline"],
        "status": process["status"],
        "cpu_percent": process["cpuPercent"],
        "memory_percent": process["memoryPercent"],
        "memory_rss": process["memoryRss"],
        "create_time": parse_time(process["createTime"]).timestamp(),
        "type": process["type"],
        **await _where(exchange, process),
    }


async def _agent(exchange: Exchange, agent: Mapping[str, Any]) -> Content:
    return {
        "pid": agent["pid"],
        "type": agent["type"],
        "status": agent["status"],
        "cmdline": agent["cmdline"],
        "name": agent["name"],
        "start_time": agent["startTime"],
        "memory_usage": agent["memoryUsage"],
        "memory_percent": agent["memoryPercent"],
        "cpu_percent": agent["cpuPercent"],
        **await _where(exchange, agent),
        "is_opencode": agent["isOpencode"],
        "is_claude_desktop": agent["isClaudeDesktop"],
        "activity": agent["activity"],
        "discovered_at": agent["discoveredAt"],
    }


async def _where(exchange: Exchange, process: Mapping[str, Any]) -> Content:
    """The task for which a process runs, and its working directory, where there is one."""
    task_id, folder = process.get("taskId"), process.get("workingDir")
    shown = None if task_id is None else await exchange.shown_task_id(process["sessionId"], task_id)
    told = {"task_id": shown, "working_dir": folder}
    return {name: content for name, content in told.items() if content is not None}


PROCESS_MESSAGES: Final = (request_process_list, kill_process, request_claude_processes)
