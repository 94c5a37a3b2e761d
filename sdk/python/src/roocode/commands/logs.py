"""`roocode logs`: what has happened in a task, and what happens."""

from __future__ import annotations

import contextlib
import sys
from typing import Any, Final

import click

from roocode.client import AsyncRooCodeClient
from roocode.commands.choosing import chosen_task, session_option
from roocode.commands.connection import Connection, connected
from roocode.commands.history import past_events
from roocode.commands.narration import Narrator
from roocode.commands.plain_text import one_line
from roocode.commands.printing import local_time, print_json
from roocode.events import LogWrittenEvent
from roocode.models import LogEntry
from roocode.transport import UNSET

EXAMPLES: Final = """\b
Examples:
  roocode logs                     # of your latest task
  roocode logs -f task-e89f9e02a394617d9e8f
  roocode logs --json | jq -r 'select(.type == "tool.started") | .toolName'
  roocode logs --of-server -f --level warning
"""


@click.command(epilog=EXAMPLES)
@click.argument("task", required=False)
@session_option
@click.option("-f", "--follow", is_flag=True, help="Go on until the task ends. Ctrl-C leaves it running.")
@click.option("--of-server", is_flag=True, help="Print the server's own log, as far as it is about you.")
@click.option(
    "--level", type=click.Choice(["debug", "info", "warning", "error"]), help="The least, with --of-server."
)
@connected
def command(
    connection: Connection, task: str | None, session: str | None, follow: bool, of_server: bool, level: Any
) -> None:
    """Print what has happened in a task and its subtasks.

    It is the latest one unless TASK is given.

    With --json, each line is an event.
    """
    if of_server:
        if task or session:
            raise click.UsageError("--of-server is about no task: leave it out")
        return connection.run(lambda client: _server_log(client, connection, level, follow=follow))
    if level:
        raise click.UsageError("--level is for --of-server")
    return connection.run(lambda client: _task_log(client, connection, session, task, follow=follow))


async def _task_log(
    client: AsyncRooCodeClient, connection: Connection, session: str | None, task: str | None, *, follow: bool
) -> None:
    found = await chosen_task(client, session, task)
    narrator = Narrator(sys.stdout, has_times=True)
    if follow:
        run = await client.tasks.attach(found.session_id, found.id)
        async with contextlib.aclosing(run.events()) as events:
            async for event in events:
                print_json(event.raw) if connection.is_json else narrator.tell(event)
        return narrator.close()
    async for event in past_events(client, found):
        print_json(event.raw) if connection.is_json else narrator.tell(event)
    return narrator.close()


async def _server_log(
    client: AsyncRooCodeClient, connection: Connection, level: Any, *, follow: bool
) -> None:
    page = await client.logs.list(min_level=level or UNSET)
    for entry in reversed(page.entries):
        _print_entry(entry, connection)
    if not follow:
        return
    levels = ["debug", "info", "warning", "error"]
    async with contextlib.aclosing(client.monitoring.watch("logs")) as events:
        async for event in events:
            if isinstance(event, LogWrittenEvent) and levels.index(event.entry.level) >= levels.index(
                level or "debug"
            ):
                _print_entry(event.entry, connection)


def _print_entry(entry: LogEntry, connection: Connection) -> None:
    if connection.is_json:
        return print_json(entry)
    details = " ".join(f"{one_line(name)}={one_line(str(each))}" for name, each in entry.details.items())
    about = " ".join(filter(None, (entry.session_id, entry.task_id, entry.request_id)))
    parts = (local_time(entry.time), entry.level, entry.message, details, about)
    return click.echo(one_line(" ".join(filter(None, parts))))
