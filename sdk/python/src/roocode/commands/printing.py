"""Printing: data to the standard output, messages to the standard error, colours where they are wanted."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, TextIO

import click

from roocode.commands.plain_text import one_line, visible
from roocode.wire import dumped


def say(text: str = "", **style: Any) -> None:
    """Print a message for the person to the standard error. `text` is plain already."""
    click.echo(styled(text, sys.stderr, **style), err=True)


def styled(text: str, stream: TextIO, **style: Any) -> str:
    """Return text as click.style does, if the stream is a terminal and `NO_COLOR` is not set."""
    return click.style(text, **style) if style and has_colours(stream) else text


def has_colours(stream: TextIO) -> bool:
    """Whether colours are wanted there. Source: no-color.org."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def print_json(content: Any) -> None:
    """Print what the server answered, as JSON in one line. It is ASCII, so nothing in it moves a cursor."""
    click.echo(json.dumps(dumped(content)))


def print_table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows in columns. Without a terminal there are no heads, and tabs between the columns."""
    cells = [[one_line(cell) for cell in row] for row in rows]
    if not sys.stdout.isatty():
        for row in cells:
            click.echo("\t".join(row))
        return
    widths = [max(map(len, column)) for column in zip(heads, *cells, strict=True)]
    for number, row in enumerate([list(heads), *cells]):
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        click.echo(styled(line, sys.stdout, bold=True) if number == 0 else line)


def print_diff(text: str) -> None:
    """Print a diff: to a terminal with colours and without control characters, elsewhere as it is."""
    if not sys.stdout.isatty():
        click.echo(text.encode(), nl=False)
        return
    for line in text.removesuffix("\n").split("\n") if text else ():
        click.echo(styled(visible(line), sys.stdout, **_diff_style(line)))


def _diff_style(line: str) -> dict[str, Any]:
    if line.startswith(("diff --git ", "--- ", "+++ ")):
        return {"bold": True}
    colours = {"+": "green", "-": "red", "@": "cyan"}
    return {"fg": colours[line[0]]} if line[:1] in colours else {}


def local_time(moment: datetime | None) -> str:
    """Return a time in this machine's zone, to the second; empty for none."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S") if moment else ""
