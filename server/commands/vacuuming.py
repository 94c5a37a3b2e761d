"""`roocode-server vacuum`: give the room of what was deleted back to the disk."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from roocode_server.engine.administration.vacuum import vacuum
from roocode_server.models.settings import Settings
from roocode_server.server.commands.administering import run_with_settings
from roocode_server.server.commands.options import config_option, data_dir_option

_MIB: Final = 2**20


@click.command("vacuum")
@config_option
@data_dir_option
def command(config: Path | None, data_dir: str | None) -> None:
    """Give the room of what was deleted back to the disk.

    The server must be stopped.

    This needs as much free room as the database has.
    """

    async def run(settings: Settings) -> None:
        done = await vacuum(settings)
        print(f"{done.before_bytes / _MIB:,.1f} MiB before, {done.after_bytes / _MIB:,.1f} MiB after")

    run_with_settings(config, data_dir, run)
