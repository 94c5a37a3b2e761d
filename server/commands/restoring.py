"""`roocode-server restore`."""

from __future__ import annotations

from pathlib import Path

import click

from roocode_server.engine.administration.backup.archive import BackupUnusable
from roocode_server.engine.administration.backup.restoring import check, restore
from roocode_server.engine.storage.data_directory import data_directory
from roocode_server.server.commands.options import (
    config_option,
    data_dir_option,
    passphrase_of,
    passphrase_option,
    read_settings,
    said_plainly,
)


@click.command("restore")
@config_option
@data_dir_option
@passphrase_option
@click.option("--check", "only_checks", is_flag=True, help="Read and check the backup, and restore nothing.")
@click.argument("source", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def command(
    config: Path | None,
    data_dir: str | None,
    passphrase_file: Path | None,
    only_checks: bool,
    source: Path,
) -> None:
    """Restore the backup SOURCE. The data directory must be empty or missing."""
    settings = read_settings(config, {"data_dir": data_dir})
    if settings.database.url and not only_checks:
        raise click.ClickException(
            "database.url names another place, and a backup is restored as a whole: restore without it, then "
            "move the database there."
        )
    passphrase = passphrase_of(passphrase_file)
    with said_plainly(BackupUnusable):
        if only_checks:
            read = check(source, passphrase)
        else:
            read = restore(source, data_directory(settings), passphrase)
    done = "is whole" if only_checks else f"is restored in {data_directory(settings)}"
    made = f"saved at {read.header.created_at} by version {read.header.server_version}"
    print(f"{source} {done}: {read.total.members} entries, {made}")
