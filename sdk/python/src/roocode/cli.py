"""The command `roocode`, whose commands come from each installed distribution that offers some.

A command is an entry point of the group `roocode.commands`. Its module is imported when the command is used:
those of the server take a second.
"""

from __future__ import annotations

import ast
import os
import sys
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import click

COMMANDS_GROUP: Final = "roocode.commands"


class InstalledCommands(click.Group):
    """A group of the commands that are installed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the alphabet."""
        return sorted(entry_points(group=COMMANDS_GROUP).names)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command of this name; None if there is none. Raises: click.ClickException."""
        offered = _offered(cmd_name)
        if offered is None:
            return None
        try:
            found = offered.load()
        except (ImportError, AttributeError) as failure:
            source = f"{offered.dist.name} {offered.dist.version}" if offered.dist else offered.value
            message = (
                f"{cmd_name} of {source} cannot be loaded: {failure}. Is everything installed that it needs?"
            )
            raise click.ClickException(message) from failure
        if not isinstance(found, click.Command):
            raise click.ClickException(f"{offered.value} is no command")
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the names with the first sentence of what each does, without importing them."""
        names = self.list_commands(ctx)
        if not names:
            return
        room = formatter.width - 6 - max(map(len, names))
        with formatter.section("Commands"):
            formatter.write_dl([(name, _summary(_offered(name), room)) for name in names])


def _offered(name: str) -> EntryPoint | None:
    """Return the entry point; if several distributions offer the name, always that of the same one."""
    found = sorted(entry_points(group=COMMANDS_GROUP, name=name), key=lambda each: each.value)
    return found[0] if found else None


def _summary(offered: EntryPoint | None, room: int) -> str:
    """Return the first sentence of a command's docstring, read from its source; empty if there is none."""
    source = _source(offered.module) if offered else None
    if offered is None or source is None:
        return ""
    for node in ast.parse(source.read_bytes()).body:
        if isinstance(node, ast.FunctionDef) and node.name == offered.attr:
            return click.Command(name=None, help=ast.get_docstring(node)).get_short_help_str(room)
    return ""


def _source(module: str) -> Path | None:
    """Return the file of a module, found without importing its packages; None if there is none."""
    top, *rest = module.split(".")
    try:
        spec = find_spec(top)
    except (ImportError, ValueError):
        return None
    if spec is None:
        return None
    if not rest and spec.origin is not None:
        return Path(spec.origin)
    for folder in spec.submodule_search_locations or ():
        place = Path(folder, *rest)
        for file in (place.with_suffix(".py"), place / "__init__.py"):
            if file.is_file():
                return file
    return None


def _open_standard_streams() -> None:
    """Open those of the descriptors 0, 1 and 2 that were closed at the start, so that no socket gets their
    numbers.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free
    if sys.stderr is None:
        sys.stderr = open(2, "w", closefd=False)  # noqa: SIM115 - for as long as the process lives


@click.group(cls=InstalledCommands)
@click.version_option(package_name="roocode")
def main() -> None:
    """Work with roocode-server from the command line."""
    _open_standard_streams()


if __name__ == "__main__":
    sys.exit(main())
