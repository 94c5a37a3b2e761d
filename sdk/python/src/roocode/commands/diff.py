"""`roocode diff`: what a task has changed."""

from __future__ import annotations

from typing import Final

import click

from roocode.client import AsyncRooCodeClient
from roocode.commands.choosing import chosen_task, session_option
from roocode.commands.connection import Connection, connected
from roocode.commands.differences import differences
from roocode.commands.printing import print_diff, print_json, print_table, say
from roocode.wire import dumped

EXAMPLES: Final = """\b
Examples:
  roocode diff                      # of your latest task
  roocode diff --stat
  roocode diff task-e89f9e02a394617d9e8f --path /src > change.patch
"""


@click.command(epilog=EXAMPLES)
@click.argument("task", required=False)
@session_option
@click.option("--path", help="Only this file, or what is below this folder.")
@click.option("--stat", "is_summary", is_flag=True, help="Only the names, with the numbers of lines.")
@click.option(
    "-U", "--unified", "context", type=click.IntRange(0, 100), help="So many lines around a change."
)
@connected
def command(
    connection: Connection,
    task: str | None,
    session: str | None,
    path: str | None,
    is_summary: bool,
    context: int | None,
) -> None:
    """Print what a task has changed. It is the latest one unless TASK is given."""

    async def work(client: AsyncRooCodeClient) -> None:
        found = await chosen_task(client, session, task)
        parts = [each async for each in differences(client, found, path=path, context=context)]
        files = [file for part in parts for file in part.files]
        if connection.is_json:
            text = {} if is_summary else {"diff": "".join(part.diff for part in parts)}
            return print_json({"files": [dumped(file) for file in files], **text})
        if is_summary:
            return print_table(
                ("KIND", "+", "-", "PATH"),
                ((each.kind, _count(each.added), _count(each.removed), each.path) for each in files),
            )
        for part in parts:
            print_diff(part.diff)
        if not files:
            say("The task has changed nothing")
        return None

    connection.run(work)


def _count(lines: int | None) -> str:
    return "binary" if lines is None else str(lines)
