"""The command `roocode-server`. Commands are imported when they are used: importing all takes a second."""

from __future__ import annotations

import gc
import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Any, Final, NamedTuple

import click

from roocode_server.server.stopping import open_standard_streams


class LateCommand(NamedTuple):
    """The module of a command in `server/commands`, where the click command is called `command`; and the
    first sentence of its help, so that to list commands none has to be imported.
    """

    module: str
    summary: str


LATE_COMMANDS: Final = {
    "audit": LateCommand("auditing", "The audit log: who did what."),
    "backup": LateCommand("backing_up", "Save the data directory to TARGET."),
    "demo": LateCommand("demonstrating", "Let an agent fix a bug in a small project."),
    "doctor": LateCommand("doctoring", "Say what this machine lacks for a server, and how to get it."),
    "key": LateCommand("keys", "API keys, for programs."),
    "restore": LateCommand("restoring", "Restore the backup SOURCE."),
    "secrets": LateCommand("secrets", "The keys that seal stored secrets and sign access tokens."),
    "serve": LateCommand("serving", "Run the server until it is told to stop (SIGTERM or Ctrl-C)."),
    "user": LateCommand("users", "People who may log in."),
    "vacuum": LateCommand("vacuuming", "Give the room of what was deleted back to the disk."),
}


class LateGroup(click.Group):
    """A group whose commands are imported when they are asked for."""

    def __init__(self, *args: Any, late: Mapping[str, LateCommand], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._late = late

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the alphabet."""
        return sorted(self._late)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command of this name; None if there is none."""
        if cmd_name not in self._late:
            return None
        found: click.Command = _import(f"{__package__}.commands.{self._late[cmd_name].module}").command
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the names with their summaries, without importing the commands."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, self._late[name].summary) for name in self.list_commands(ctx)])


def _import(name: str) -> Any:
    """Import a module without looking for garbage: nearly all that is made then stays, and to look through it
    again and again takes a seventh of the time.
    """
    gc.disable()
    try:
        return import_module(name)
    finally:
        gc.freeze()
        gc.enable()


@click.group(cls=LateGroup, late=LATE_COMMANDS)
@click.version_option(package_name="roocode-server")
def main() -> None:
    """A server on which programs run autonomous coding agents."""
    open_standard_streams()


if __name__ == "__main__":
    sys.exit(main())
