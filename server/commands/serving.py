"""`roocode-server serve`."""

from __future__ import annotations

import asyncio
import gc
import sys
from pathlib import Path
from typing import Final

import click
import uvloop

from roocode_server.engine.accounts.invitations import link
from roocode_server.engine.administration.administration import open_administration
from roocode_server.engine.providers.scripted.playbook import PlaybookInvalid
from roocode_server.models.settings import Settings
from roocode_server.server.app import CannotListen, running
from roocode_server.server.commands.options import (
    config_option,
    data_dir_option,
    host_option,
    ports_option,
    read_settings,
    said_plainly,
)
from roocode_server.server.logs import configure_logs
from roocode_server.server.stopping import stop_on_signals

SWITCH_INTERVAL_S: Final = 0.0003
"""How soon a thread that walks a large workspace lets the event loop go on; usual is 5 ms."""


@click.command("serve")
@config_option
@data_dir_option
@host_option
@ports_option
@click.option(
    "--invite", is_flag=True, help="The administrator chooses a password by a link, in place of admin.json."
)
def command(
    config: Path | None, data_dir: str | None, host: str | None, ports: tuple[int, ...], invite: bool
) -> None:
    """Run the server until it is told to stop (SIGTERM or Ctrl-C)."""
    given = {"host": host, "ports": list(ports) or None, "data_dir": data_dir}
    settings = read_settings(config, given, auth={"invite": True} if invite else {})
    configure_logs(settings.logging)
    with said_plainly(CannotListen, PlaybookInvalid):
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        uvloop.run(_serve(settings))


async def _serve(settings: Settings) -> None:
    stop = asyncio.Event()
    stop_on_signals(stop, settings.server.shutdown_timeout_s)
    async with running(settings) as addresses:
        # What is there from the start on stays: the collector need not look through it each time that a body
        # of many small parts makes it look, while everybody else waits.
        gc.freeze()
        for address in addresses:
            print(f"roocode-server ready on {address}", flush=True)
        if settings.auth.invite:
            await _invite(settings, settings.server.public_url or addresses[0])
        await stop.wait()


async def _invite(settings: Settings, url: str) -> None:
    """Say how the administrator chooses a password, while they have none."""
    async with open_administration(settings) as administration:
        secret = await administration.accounts.invite_administrator()
    if secret is not None:
        print(f"Choose the administrator's password: {link(url.rstrip('/'), secret)}", flush=True)
