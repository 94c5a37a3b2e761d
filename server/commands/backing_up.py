"""`roocode-server backup`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import click

from roocode_server.engine.administration.backup.archive import BackupUnusable
from roocode_server.engine.administration.backup.writing import save
from roocode_server.engine.storage.data_directory import data_directory
from roocode_server.engine.storage.database_file import database_file
from roocode_server.server.commands.options import (
    config_option,
    data_dir_option,
    passphrase_of,
    passphrase_option,
    read_settings,
    said_plainly,
)

MOST_LEFT_OUT_NAMED: Final = 20
_MIB: Final = 1_048_576


@click.command("backup")
@config_option
@data_dir_option
@passphrase_option
@click.argument("target", type=click.Path(path_type=Path))
def command(config: Path | None, data_dir: str | None, passphrase_file: Path | None, target: Path) -> None:
    """Save the data directory to TARGET.

    TARGET is a new file, or a folder for one. A server may run meanwhile.

    The backup holds every secret of the server, and its keys: seal it by a passphrase, or keep it as the data
    directory itself.
    """
    settings = read_settings(config, {"data_dir": data_dir})
    passphrase = passphrase_of(passphrase_file)
    with said_plainly(BackupUnusable):
        folder = data_directory(settings)
        database = database_file(folder, settings)
        if not database.exists():
            raise click.ClickException(
                f"No server has its data in {folder}: name the folder with --data-dir."
            )
        if folder.stat().st_uid != os.geteuid():
            raise click.ClickException(f"{folder} belongs to another user: run this as the server's user.")
        saved = save(folder, database, target.absolute(), passphrase)
    amount = f"{saved.sessions} sessions, {saved.files} files, {saved.read_bytes / _MIB:,.1f} MiB"
    print(f"{saved.file}: {amount} before compression")
    for name in saved.left_out[:MOST_LEFT_OUT_NAMED]:
        click.echo(f"Left out, because it is no file or cannot be read: {name}", err=True)
    if len(saved.left_out) > MOST_LEFT_OUT_NAMED:
        click.echo(f"Left out, too: {len(saved.left_out) - MOST_LEFT_OUT_NAMED} more", err=True)
    if passphrase is None:
        click.echo(
            "The backup is not sealed: whoever can read it has every secret and key of this server. "
            "--passphrase-file seals it.",
            err=True,
        )
    if settings.database.sealing_key_variable:
        click.echo(
            f"The sealing key is in {settings.database.sealing_key_variable} and not in the backup: keep it.",
            err=True,
        )
