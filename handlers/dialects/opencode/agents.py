"""S4's agents: running tasks, with what the programs use that they have started. Source: S4, "Basic API"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from roocode_server.handlers.dialects.opencode.answers import AgentNews, AgentUpdate, RunningAgent
from roocode_server.handlers.dialects.opencode.exchange import FINDING, Exchange
from roocode_server.handlers.dialects.opencode.known_tasks import shown_id
from roocode_server.handlers.dialects.opencode.tasks import page_of_tasks, runtime_status
from roocode_server.models.monitoring import ProcessType
from roocode_server.models.task import TaskStatus

RUNNING_AGENTS: Final = (*FINDING, "task.list", "system.agents")
"""What it takes to tell the agents."""
MOST_AGENTS: Final = 100
AGENT_KIND: Final = ProcessType.ROOCODE


async def running_agents(exchange: Exchange) -> dict[str, RunningAgent]:
    """The agents of the connection's session, by the ids of their tasks."""
    tasks, _ = await page_of_tasks(exchange, MOST_AGENTS, 0, status=TaskStatus.RUNNING.value)
    if not tasks:
        return {}
    measured = {each.get("taskId"): each for each in (await exchange.ask("system.agents"))["agents"]}
    return {shown_id(task): _agent(task, measured.get(task["id"], {})) for task in tasks}


def _agent(task: Mapping[str, Any], measured: Mapping[str, Any]) -> RunningAgent:
    return RunningAgent(
        id=task["id"].replace("task", "agent", 1),
        status=runtime_status(task),
        type=AGENT_KIND,
        task=task["input"],
        progress=task["progress"],
        start_time=task.get("startedAt"),
        memory_usage=measured.get("memoryUsage", 0),
        cpu_percent=measured.get("cpuPercent", 0.0),
        working_dir=measured.get("workingDir"),
        is_claude_desktop=False,
        process_type=AGENT_KIND,
    )


def updated(agent: RunningAgent, timestamp: str) -> AgentUpdate:
    """An agent as it is told to subscribers."""
    news = AgentNews(
        id=agent.id,
        status=agent.status,
        type=agent.type,
        task=agent.task,
        progress=agent.progress,
        memory_usage=agent.memory_usage,
        cpu_percent=agent.cpu_percent,
        timestamp=timestamp,
    )
    return AgentUpdate(agent=news)
