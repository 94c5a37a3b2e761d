"""`roocode-server secrets`: the keys that seal and sign."""

from __future__ import annotations

from pathlib import Path

import click

from roocode_server.engine.administration.administration import open_administration
from roocode_server.engine.administration.secrets import rotate_secrets
from roocode_server.engine.audit.entries import command_line_entry
from roocode_server.models.settings import Settings
from roocode_server.server.commands.administering import run_with_settings
from roocode_server.server.commands.options import config_option, data_dir_option


@click.group("secrets")
def command() -> None:
    """The keys that seal stored secrets and sign access tokens."""


@command.command("rotate")
@config_option
@data_dir_option
@click.option("--give-up", "gives_up", is_flag=True, help="Go on without what the lost key has sealed.")
def secrets_rotate(config: Path | None, data_dir: str | None, gives_up: bool) -> None:
    """Replace both keys. The server must be stopped; no login ends, and all secrets stay readable."""

    async def rotate(settings: Settings) -> None:
        done = await rotate_secrets(settings, gives_up=gives_up)
        print(f"sealed anew: {done.renewed}, unreadable: {done.unreadable}")
        if settings.database.sealing_key_variable:
            print(f"Of {settings.database.sealing_key_variable}, only the first key is needed from now on.")
        async with open_administration(settings) as administration:
            await administration.audit.record(command_line_entry("secrets.rotate", {}))

    run_with_settings(config, data_dir, rotate)
