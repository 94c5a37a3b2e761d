"""What every command does with its options: read the settings, and say plainly what the user can fix."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import click

from roocode_server.engine.storage.database import DatabaseUnusable
from roocode_server.models.error import AppError
from roocode_server.models.settings import Settings
from roocode_server.server.plainly import sentence
from roocode_server.server.settings import SettingsMistake, load_settings

config_option = click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file like config.yaml.",
)
data_dir_option = click.option(
    "--data-dir", type=click.Path(file_okay=False), help="Where everything is stored."
)

PASSWORD_VARIABLE: Final = "ROOCODE_PASSWORD"  # noqa: S105 - the name of a variable
host_option = click.option("--host", help="The address to listen on.")
ports_option = click.option(
    "--port", "ports", type=click.IntRange(0, 65535), multiple=True, help="Repeatable; 0 picks one."
)

PASSPHRASE_VARIABLE: Final = "ROOCODE_BACKUP_PASSPHRASE"  # noqa: S105 - the name of one
passphrase_option = click.option(
    "--passphrase-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help=f"A file whose first line is the passphrase; or set {PASSPHRASE_VARIABLE}.",
)


@contextmanager
def said_plainly(*more: type[Exception]) -> Iterator[None]:
    """Show failures that the user can fix, and `more` of them, as a message without a traceback."""
    failures: tuple[type[Exception], ...] = (OSError, DatabaseUnusable, AppError, *more)
    try:
        yield
    except failures as failure:
        raise click.ClickException(sentence(failure)) from failure


def _asked(_context: click.Context, _option: click.Parameter, given: str | None) -> str:
    """Return the password that was given, or ask for one. Raises: click.UsageError, without a terminal."""
    if given is not None:
        return given
    if not sys.stdin.isatty():
        raise click.UsageError(f"Nobody can be asked for the password here: give it in ${PASSWORD_VARIABLE}")
    asked: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    return asked


password_option = click.option(
    "--password", envvar=PASSWORD_VARIABLE, callback=_asked, help="Asked for where it is not given."
)


def passphrase_of(file: Path | None) -> str | None:
    """Return the passphrase of the file or of the environment; None if neither is given.

    Raises: click.ClickException, if it is empty or cannot be read.
    """
    if file is None:
        found = os.environ.get(PASSPHRASE_VARIABLE)
    else:
        with said_plainly(UnicodeDecodeError):
            found = file.read_text().partition("\n")[0].rstrip("\r")
    if found == "":
        raise click.ClickException("The passphrase is empty.")
    return found


def read_settings(
    config: Path | None, server: dict[str, Any], *, auth: Mapping[str, Any] = MappingProxyType({})
) -> Settings:
    """Read the file and the environment; the options given outrank them. Raises: click.ClickException."""
    given = {name: content for name, content in server.items() if content is not None}
    try:
        return load_settings(config, overrides={"server": given, "auth": dict(auth)})
    except SettingsMistake as mistake:
        raise click.ClickException(str(mistake)) from mistake
