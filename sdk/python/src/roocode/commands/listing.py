"""Groups of commands that list something when no command of theirs is named."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click


class ListingGroup(click.Group):
    """A group whose command `list` is meant where none is named: `roocode tasks -s ID`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put `list` before options that are not the group's own."""
        is_named = bool(args) and not args[0].startswith("-")
        is_help = bool(args) and args[0] in ctx.help_option_names
        return super().parse_args(ctx, args if is_named or is_help else ["list", *args])


def limit_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the option `--limit`."""
    kind = click.IntRange(1, 100)
    return click.option("-n", "--limit", type=kind, default=20, show_default=True, help="List so many.")(
        function
    )
