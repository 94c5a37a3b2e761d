"""The command `roocode-server`. Commands are imported when they are used: importing all takes a second."""

from __future__ import annotations

import gc
import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Any, Final

import click

from roocode_server.server.stopping import open_standard_streams

COMMAND_MODULES: Final = {
    "audit": "auditing",
    "backup": "backing_up",
    "demo": "demonstrating",
    "doctor": "doctoring",
    "key": "keys",
    "restore": "restoring",
    "secrets": "secrets",
    "serve": "serving",
    "user": "users",
    "vacuum": "vacuuming",
}
"""The module of each in `server/commands`, where the click command is called `command`."""

SUMMARIES: Final = {
    "audit": "The audit log: who did what.",
    "backup": "Save the data directory to TARGET.",
    "demo": "Let an agent fix a bug in a small project.",
    "doctor": "Say what this machine lacks for a server, and how to get it.",
    "key": "API keys, for programs.",
    "restore": "Restore the backup SOURCE.",
    "secrets": "The keys that seal stored secrets and sign access tokens.",
    "serve": "Run the server until it is told to stop (SIGTERM or Ctrl-C).",
    "user": "People who may log in.",
    "vacuum": "Give the room of what was deleted back to the disk.",
}
"""The first sentence of each one's own help: to list them, none has to be imported."""


class LateGroup(click.Group):
    """A group whose commands are imported when they are asked for."""

    def __init__(
        self, *args: Any, modules: Mapping[str, str], summaries: Mapping[str, str], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._modules = modules
        self._summaries = summaries

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the alphabet."""
        return sorted(self._modules)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command of this name; None if there is none."""
        if cmd_name not in self._modules:
            return None
        found: click.Command = _import(f"{__package__}.commands.{self._modules[cmd_name]}").command
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the names with their summaries, without importing the commands."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, self._summaries[name]) for name in self.list_commands(ctx)])


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


@click.group(cls=LateGroup, modules=COMMAND_MODULES, summaries=SUMMARIES)
@click.version_option(package_name="roocode-server")
def main() -> None:
    """A server on which programs run autonomous coding agents."""
    open_standard_streams()


if __name__ == "__main__":
    sys.exit(main())
