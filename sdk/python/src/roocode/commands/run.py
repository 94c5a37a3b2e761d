"""`roocode run`: give an agent a task, and see it through."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click

from roocode.client import AsyncRooCodeClient
from roocode.commands.answering import approved_tools
from roocode.commands.choosing import LAST, SESSION_VARIABLE, chosen_session, session_config
from roocode.commands.connection import Connection, connected
from roocode.commands.following import InterruptChoice, followed
from roocode.commands.outcome import ExitCode
from roocode.commands.packing import packed
from roocode.commands.plain_text import one_line
from roocode.commands.printing import print_json, say
from roocode.params import SessionConfigChangeDict, TaskConfigDict
from roocode.transport import UNSET

NAME_CHARACTERS: Final = 60
EXAMPLES: Final = """\b
Examples:
  roocode run "Write a program that prints primes, and run it"
  roocode run --from-dir . --approve read,edit "Mend the failing test" && roocode apply
  roocode run --max-cost 2 --check "make test" --protect tests/ "Make it faster"
  roocode run --continue "Now with a test"
  git diff | roocode run --yes --json - | jq -r .type
"""


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What `run` was asked for."""

    text: str
    session: str | None
    is_new: bool
    goes_on: bool
    provider: str | None
    model: str | None
    mode: str | None
    folder: Path | None
    has_all: bool
    approve: str | None
    leaves_to_others: bool
    timeout_s: float | None
    max_cost: float | None
    checks: tuple[str, ...]
    protected: tuple[str, ...]
    has_checkpoints: bool
    is_detached: bool
    on_interrupt: InterruptChoice

    @property
    def config(self) -> SessionConfigChangeDict:
        """The session's configuration, as far as it was given."""
        return session_config(provider=self.provider, model=self.model, mode=self.mode)

    @property
    def task_config(self) -> TaskConfigDict:
        """The task's configuration, as far as it was given."""
        config = TaskConfigDict()
        if self.timeout_s is not None:
            config["timeout"] = self.timeout_s
        if self.max_cost is not None:
            config["maxCost"] = self.max_cost
        if self.checks or self.protected:
            config["checks"] = {
                "commands": [{"command": line} for line in self.checks],
                "protect": list(self.protected),
            }
        if self.has_checkpoints:
            config["enableCheckpoints"] = True
        return config


@click.command(epilog=EXAMPLES)
@click.argument("task")
@click.option("-s", "--session", metavar="ID", help=f"Work in this session; `{LAST}` is your latest one.")
@click.option(
    "--new", "is_new", is_flag=True, help=f"Open a new session, even if ${SESSION_VARIABLE} is set."
)
@click.option(
    "-c",
    "--continue",
    "goes_on",
    is_flag=True,
    help=f"Go on with what the session's latest task knows; without --session in `{LAST}`.",
)
@click.option("--provider", help="Who has the model: anthropic, openai, gemini, ollama, scripted, auto.")
@click.option("--model", help="The model, or the playbook of the provider `scripted`.")
@click.option("--mode", help="The mode to work in: code, architect, ask, debug …")
@click.option(
    "--from-dir",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Fill the new session's workspace with this folder, without what .gitignore leaves out.",
)
@click.option("-y", "--yes", "has_all", is_flag=True, help="Approve everything.")
@click.option(
    "--approve", metavar="NAMES", help="Approve these tools or groups of tools: read,edit,command …"
)
@click.option(
    "--elsewhere", "leaves_to_others", is_flag=True, help="Leave all answers to the dashboard or a bot."
)
@click.option("--timeout", "timeout_s", type=click.FloatRange(0, min_open=True), help="Seconds it may take.")
@click.option(
    "--max-cost", type=click.FloatRange(0, min_open=True), metavar="DOLLARS", help="What it may cost."
)
@click.option(
    "--check",
    "checks",
    multiple=True,
    metavar="COMMAND",
    help="It is done only if this command ends with 0; can be repeated.",
)
@click.option(
    "--protect",
    "protected",
    multiple=True,
    metavar="PATTERN",
    help="It is done only if no file that matches has changed; can be repeated.",
)
@click.option(
    "--checkpoints",
    "has_checkpoints",
    is_flag=True,
    help="Keep the files before each change, so that `roocode tasks rewind` can restore them.",
)
@click.option("-d", "--detach", "is_detached", is_flag=True, help="Print the task's id and leave it running.")
@click.option(
    "--on-interrupt",
    type=click.Choice(["cancel", "detach"]),
    default="cancel",
    show_default=True,
    help="What Ctrl-C does with the task.",
)
@connected
def command(connection: Connection, task: str, **given: Any) -> None:
    """Give an agent a task, and see it through.

    It is followed, what it asks is answered, and what it has changed is printed.

    Progress goes to the standard error, the diff to the standard output. TASK is read from the standard input
    if it is `-`. Without a terminal, what is not approved by --yes or --approve is refused, and questions are
    answered that nobody is there. The task opens a new session, unless one is given by --session or
    $ROOCODE_SESSION.

    The exit code is 0 if the task completes, 3 if it fails, 4 if it is cancelled, 5 if its time is up.
    """
    text = sys.stdin.read() if task == "-" else task
    if not text.strip():
        raise click.UsageError("The task is empty")
    options = RunOptions(text=text, **given)
    if (options.session or options.goes_on) and (options.is_new or options.folder):
        raise click.UsageError(
            "--new and --from-dir are for a new session: leave --session and --continue out"
        )
    if options.is_detached and (options.has_all or options.approve):
        raise click.UsageError(
            "--yes and --approve answer while the task is followed, and --detach leaves it: "
            "leave one of them out, or answer later with `roocode tasks attach --yes`"
        )
    code = connection.run(lambda client: _run(client, connection, options))
    raise click.exceptions.Exit(code)


async def _run(client: AsyncRooCodeClient, connection: Connection, options: RunOptions) -> ExitCode:
    approved = await approved_tools(client, options.approve, has_all=options.has_all)
    named = options.session or (
        None if options.is_new or options.folder else os.environ.get(SESSION_VARIABLE)
    )
    if options.goes_on and not named:
        named = LAST
    session_id = await (chosen_session(client, named) if named else _new_session(client, options))
    if options.folder is not None:
        with packed(options.folder) as (archive, count):
            say(f"Sending {count} files of {one_line(str(options.folder))}")
            await client.workspace.upload(session_id, archive)
    config = options.task_config
    change = options.config if named else {}
    run = await client.tasks.create(
        session_id,
        options.text,
        config=config,
        session_config=change or UNSET,
        continue_latest=options.goes_on,
    )
    if options.is_detached:
        print_json(run.task) if connection.is_json else click.echo(run.id)
        say(f"It goes on: roocode tasks attach {run.id}")
        return ExitCode.DONE
    say(f"Session {session_id}")
    return await followed(
        client,
        connection,
        run,
        approved,
        leaves_to_others=options.leaves_to_others,
        on_interrupt=options.on_interrupt,
    )


async def _new_session(client: AsyncRooCodeClient, options: RunOptions) -> str:
    name = one_line(options.text.strip().split("\n")[0], NAME_CHARACTERS)
    return (await client.sessions.create(name=name, config=options.config)).id
