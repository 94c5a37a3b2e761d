"""Agent programs: processes, and this server's own tasks. Source: S4, `claude_processes`."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from typing import Final

import psutil

from roocode_server.engine.monitoring.processes import MachineProcess, TaskUsage
from roocode_server.models.clock import now
from roocode_server.models.identifier import TaskId
from roocode_server.models.monitoring import (
    AgentActivity,
    AgentProgram,
    ProcessState,
    ProcessType,
    SeenProcess,
)
from roocode_server.models.task import Activity, Task

LONGEST_COMMAND_LINE: Final = 4096
"""The most characters of a command line that are shown."""
OWN_NAME: Final = "roocode-server"
_AT_WORK_PERCENT: Final = 1.0
"""An agent without a task that uses at least this much of a processor works."""


def seen(process: MachineProcess) -> SeenProcess:
    """Return a process as callers see it."""
    owner = process.owner
    return SeenProcess(
        pid=process.stat.pid,
        name=process.stat.name,
        cmdline=_line(process),
        status=process.state,
        cpu_percent=process.cpu_percent,
        memory_percent=process.memory_percent,
        memory_rss=process.stat.resident_bytes,
        create_time=process.started_at,
        type=process.type,
        session_id=owner.session_id if owner is not None else None,
        task_id=owner.task_id if owner is not None else None,
        working_dir=process.working_dir,
    )


def program_of(process: MachineProcess) -> AgentProgram:
    """Return a process that is an agent program."""
    owner = process.owner
    activity = AgentActivity.WORKING if process.cpu_percent >= _AT_WORK_PERCENT else AgentActivity.IDLE
    if owner is not None and owner.task_id is not None:
        activity = AgentActivity.EXECUTING_TASK
    return AgentProgram(
        pid=process.stat.pid,
        type=process.type,
        status=process.state,
        cmdline=_line(process),
        name=process.stat.name,
        start_time=process.started_at,
        memory_usage=process.stat.resident_bytes,
        memory_percent=process.memory_percent,
        cpu_percent=process.cpu_percent,
        session_id=owner.session_id if owner is not None else None,
        task_id=owner.task_id if owner is not None else None,
        working_dir=process.working_dir,
        is_opencode=process.type is ProcessType.OPENCODE,
        is_claude_desktop=process.type is ProcessType.CLAUDE_DESKTOP,
        activity=activity,
        discovered_at=process.discovered_at,
    )


def agent_of(task: Task, usage: Mapping[TaskId, TaskUsage], working_dir: str) -> AgentProgram:
    """Return the agent that works on a task within this server's process."""
    used = usage.get(task.id, TaskUsage())
    began = task.started_at or now()
    is_waiting = task.activity is Activity.INTERACTIVE
    return AgentProgram(
        pid=os.getpid(),
        type=ProcessType.ROOCODE,
        status=ProcessState.RUNNING,
        cmdline=f"{OWN_NAME} task {task.id}",
        name=OWN_NAME,
        start_time=began,
        memory_usage=used.memory_bytes,
        memory_percent=round(100 * used.memory_bytes / psutil.virtual_memory().total, 2),
        cpu_percent=used.cpu_percent,
        session_id=task.session_id,
        task_id=task.id,
        working_dir=working_dir,
        is_opencode=False,
        is_claude_desktop=False,
        activity=AgentActivity.WAITING_FOR_PERSON if is_waiting else AgentActivity.EXECUTING_TASK,
        discovered_at=began,
    )


def _line(process: MachineProcess) -> str:
    return shlex.join(process.command_line)[:LONGEST_COMMAND_LINE]
