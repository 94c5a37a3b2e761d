"""S4's health check and full status. Source: S4, "Basic API"."""

from __future__ import annotations

from dataclasses import field
from typing import Final

from roocode_server.handlers.dialects.opencode.agents import RUNNING_AGENTS, running_agents
from roocode_server.handlers.dialects.opencode.answers import FullStatus, Pong, WholeStatus
from roocode_server.handlers.dialects.opencode.exchange import Exchange
from roocode_server.handlers.dialects.opencode.machine import NoMore, briefly_measured
from roocode_server.handlers.dialects.opencode.message import message
from roocode_server.handlers.dialects.opencode.processes import agent_programs
from roocode_server.handlers.dialects.opencode.tasks import brief, page_of_tasks
from roocode_server.handlers.dialects.opencode.wire import MessageShape
from roocode_server.models.clock import format_time, milliseconds, now
from roocode_server.models.shape import limited, value

MOST_TASKS_TOLD: Final = 100


@value
class Ping(MessageShape):
    """A sign of life; `timestamp` is the client's own, in milliseconds since 1970."""

    timestamp: float | None = field(default=None, metadata=limited(least=-1e18, most=1e18))


@message("ping")
async def ping(exchange: Exchange, request: Ping) -> Pong:
    """Answer at once, with the client's own timestamp."""
    moment = now()
    given = milliseconds(moment) if request.timestamp is None else request.timestamp
    timestamp = int(given) if float(given).is_integer() else given
    return Pong(timestamp=timestamp, server_time=format_time(moment))


@message("request_status", *RUNNING_AGENTS, "system.resources", "task.get")
async def request_status(exchange: Exchange, request: NoMore) -> FullStatus:
    """Tell everything at once: the newest tasks, the machine, and what runs on it."""
    tasks, _ = await page_of_tasks(exchange, MOST_TASKS_TOLD, 0)
    data = WholeStatus(
        agents=list((await running_agents(exchange)).values()),
        tasks=[brief(task) for task in tasks],
        system_resources=briefly_measured(await exchange.ask("system.resources")),
        claude_processes=await agent_programs(exchange),
    )
    return FullStatus(data=data)


BASIC_MESSAGES: Final = (ping, request_status)
