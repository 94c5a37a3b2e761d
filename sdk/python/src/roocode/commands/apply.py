"""`roocode apply`: a task's change, onto the files here."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import click

from roocode.client import AsyncRooCodeClient
from roocode.commands.choosing import chosen_task, session_option
from roocode.commands.connection import Connection, connected
from roocode.commands.outcome import CommandFailed, ExitCode
from roocode.commands.patching import LocalFolder, check_plain, patch_of
from roocode.commands.plain_text import one_line
from roocode.commands.printing import print_json, say

EXAMPLES: Final = """\b
Examples:
  roocode apply --check             # would your latest task's change fit?
  roocode apply
  roocode apply task-e89f9e02a394617d9e8f --into ~/project
"""


@click.command(epilog=EXAMPLES)
@click.argument("task", required=False)
@session_option
@click.option(
    "--into",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path(),
    help="The folder that matches the workspace's root; the current one unless given.",
)
@click.option("--check", "is_trial", is_flag=True, help="Say whether it fits, and change nothing.")
@click.option("--allow-dirty", is_flag=True, help="Also change files with changes that are not committed.")
@connected
def command(
    connection: Connection,
    task: str | None,
    session: str | None,
    folder: Path,
    is_trial: bool,
    allow_dirty: bool,
) -> None:
    """Make the change of a task in the files here.

    It is that of the latest task unless TASK is given.

    All of it is made or nothing, by git: if a file here is not what the task began with, the exit code is 8.
    Files with changes that are not committed are left alone unless --allow-dirty is given. Nothing is written
    outside the folder, in .git, or through a link.
    """
    local = LocalFolder(folder.resolve())

    async def work(client: AsyncRooCodeClient) -> bytes:
        return await patch_of(client, await chosen_task(client, session, task), local.path)

    patch = connection.run(work)
    names = local.names(patch) if patch else []
    if names:
        check_plain(patch)
        if not allow_dirty and (dirty := local.dirty(names)):
            message = (
                "These files have changes that are not committed, and nothing was changed (commit them, or"
            )
            listed = "\n".join(f"  {one_line(name)}" for name in dirty)
            raise CommandFailed(f"{message} add --allow-dirty):\n{listed}", ExitCode.CONFLICT)
        local.apply(patch, is_trial=is_trial)
    shown = [os.fsdecode(name) for name in names]
    if connection.is_json:
        print_json({"files": shown, "isApplied": bool(names) and not is_trial})
    else:
        for name in shown:
            click.echo(one_line(name))
    if not names:
        say("The task has changed nothing")
    else:
        say("It fits; nothing was changed" if is_trial else f"Changed {len(names)} files")
