"""`roocode shell`: a terminal, or one command, in a session's sandbox."""

from __future__ import annotations

import shlex
import sys
from typing import Final

import click

from roocode.client import AsyncRooCodeClient
from roocode.commands.choosing import chosen_session, session_option
from roocode.commands.connection import Connection, connected
from roocode.commands.outcome import CommandFailed, ExitCode
from roocode.commands.plain_text import stripped
from roocode.commands.printing import print_json, say
from roocode.commands.remote_terminal import RemoteTerminal
from roocode.models import ShellExecuted
from roocode.transport import UNSET

HIGHEST_CODE: Final = 255
LONGEST_COMMAND_S: Final = 7 * 86_400.0
"""How long the answer of a command is waited for: the server ends it when its time is up."""
EXAMPLES: Final = """\b
Examples:
  roocode shell                             # a terminal; Ctrl-] leaves it
  roocode shell python3 -m unittest         # one command, with its exit code
  roocode shell 'ls | wc -l'
"""


@click.command(epilog=EXAMPLES, context_settings={"allow_interspersed_args": False})
@click.argument("words", nargs=-1, metavar="[COMMAND]...")
@session_option
@click.option(
    "--timeout", "timeout_s", type=click.FloatRange(0, min_open=True), help="Seconds COMMAND may take."
)
@connected
def command(
    connection: Connection, words: tuple[str, ...], session: str | None, timeout_s: float | None
) -> None:
    """Open a terminal in a session's sandbox, or run COMMAND there.

    One word is a command line for the shell there, several are a program and its arguments. What follows the
    first word is COMMAND's, options too. The exit code is that of COMMAND, or of the terminal's shell.
    """
    if words:
        line = words[0] if len(words) == 1 else shlex.join(words)
        raise click.exceptions.Exit(_run(connection, session, line, timeout_s))
    if not connection.may_ask or not sys.stdout.isatty():
        raise CommandFailed("A shell needs a terminal; without one, name a COMMAND to run", ExitCode.USAGE)

    async def work(client: AsyncRooCodeClient) -> int:
        return await RemoteTerminal(client, await chosen_session(client, session)).run()

    say("Ctrl-] leaves this terminal", dim=True)
    code = connection.run(work)
    raise click.exceptions.Exit(code if 0 <= code <= HIGHEST_CODE else ExitCode.FAILED)


def _run(connection: Connection, session: str | None, line: str, timeout_s: float | None) -> int:
    async def work(client: AsyncRooCodeClient) -> ShellExecuted:
        session_id = await chosen_session(client, session)
        most_s = UNSET if timeout_s is None else timeout_s
        return await client.shell.exec(session_id, line, timeout=most_s, timeout_s=LONGEST_COMMAND_S)

    done = connection.run(work)
    if connection.is_json:
        print_json(done)
    else:
        click.echo(stripped(done.output) if sys.stdout.isatty() else done.output, nl=False)
    if done.stopped_by:
        say(f"It was stopped: {stripped(done.stopped_by)}", fg="yellow")
    return done.exit_code if 0 <= done.exit_code <= HIGHEST_CODE else ExitCode.FAILED
