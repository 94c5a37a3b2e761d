"""Exit codes, and failures that end a command with one."""

from __future__ import annotations

import enum
from typing import IO, Any

import click


class ExitCode(enum.IntEnum):
    """How a command ends. `docs/command-line.md` lists them."""

    DONE = 0
    FAILED = 1
    """The server refused it, or something went wrong on this machine."""
    USAGE = 2
    TASK_FAILED = 3
    TASK_CANCELLED = 4
    TIMED_OUT = 5
    """The task has used the time of `--timeout`."""
    NOT_PERMITTED = 6
    """Nobody is logged in, or they may not do this."""
    UNREACHABLE = 7
    CONFLICT = 8
    """The change does not fit the local files; nothing was changed."""
    INTERRUPTED = 130


class CommandFailed(click.ClickException):
    """Ends the command with a sentence on the standard error, and a code."""

    def __init__(self, message: str, code: ExitCode = ExitCode.FAILED) -> None:
        super().__init__(message)
        self.code = code

    @property
    def exit_code(self) -> int:  # type: ignore[override]
        """The code."""
        return self.code

    def show(self, file: IO[Any] | None = None) -> None:
        """Print it."""
        click.echo(f"Error: {self.message}", file=file, err=file is None)
