"""`roocode top`: what the server does at the moment."""

from __future__ import annotations

import asyncio
import sys
from typing import Final

import click

from roocode.client import AsyncRooCodeClient
from roocode.commands.connection import Connection, connected
from roocode.commands.plain_text import one_line
from roocode.commands.printing import print_json, print_table
from roocode.models import Health, SystemAgents, SystemProcesses, SystemResources
from roocode.wire import dumped

SHOWN_PROCESSES: Final = 15
COMMAND_CHARACTERS: Final = 60
CLEAR: Final = "\x1b[H\x1b[2J"
GIB: Final = 1024**3
MIB: Final = 1024**2


@click.command(epilog="\b\nExamples:\n  roocode top\n  roocode top --once --json | jq .health.runningTasks")
@click.option("--once", is_flag=True, help="Print it once, as without a terminal.")
@click.option(
    "--interval", "interval_s", type=click.FloatRange(0.5), default=2.0, show_default=True, help="In seconds."
)
@connected
def command(connection: Connection, once: bool, interval_s: float) -> None:
    """Show the machine's load, the agents, and what they run.

    It is shown until Ctrl-C, or with --once a single time.

    With --json, each line is one look.
    """
    is_lasting = not once and (connection.is_json or sys.stdout.isatty())

    async def work(client: AsyncRooCodeClient) -> None:
        while True:
            health, resources, agents, processes = await asyncio.gather(
                client.monitoring.health(),
                client.monitoring.resources(),
                client.monitoring.agents(),
                client.monitoring.processes(limit=SHOWN_PROCESSES),
            )
            if connection.is_json:
                looks = {
                    "health": health,
                    "resources": resources,
                    "agents": agents,
                    "processes": processes,
                }
                print_json({name: dumped(look) for name, look in looks.items()})
            else:
                if is_lasting:
                    click.echo(CLEAR, nl=False)
                _show(connection.url, health, resources, agents, processes)
            if not is_lasting:
                return
            await asyncio.sleep(interval_s)

    connection.run(work)


def _show(
    url: str, health: Health, resources: SystemResources, agents: SystemAgents, processes: SystemProcesses
) -> None:
    click.echo(
        f"{url}  {one_line(health.status)}  version {one_line(health.version)}  "
        f"{health.running_tasks} tasks running  {health.active_sessions} sessions active"
    )
    load = resources.system_load
    click.echo(
        f"processor {resources.cpu_usage:.0f} %  load {load.load1:.2f} {load.load5:.2f} {load.load15:.2f}  "
        f"memory {resources.memory_used / GIB:.1f} of {resources.memory_total / GIB:.1f} GiB  "
        f"disk {resources.disk_usage:.0f} %"
    )
    if agents.agents:
        click.echo()
        print_table(
            ("AGENT", "DOES", "TASK", "SESSION"),
            ((each.type, each.activity, each.task_id or "", each.session_id or "") for each in agents.agents),
        )
    if processes.processes:
        click.echo()
        print_table(
            ("PID", "CPU %", "MEMORY MiB", "SESSION", "COMMAND"),
            (
                (
                    str(each.pid),
                    f"{each.cpu_percent:.0f}",
                    f"{each.memory_rss / MIB:.0f}",
                    each.session_id or "",
                    one_line(each.cmdline or each.name, COMMAND_CHARACTERS),
                )
                for each in processes.processes
            ),
        )
