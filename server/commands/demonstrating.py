"""`roocode-server demo`."""

from __future__ import annotations

import sys

import click
import uvloop

from roocode_server.models.settings import LoggingSettings, LogLevel
from roocode_server.server.app import CannotListen
from roocode_server.server.demo import DemoFailed, demo
from roocode_server.server.logs import configure_logs
from roocode_server.server.plainly import sentence


@click.command("demo")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="0 picks a free one.")
def command(port: int) -> None:
    """Let an agent fix a bug in a small project. At the end it says where to look next."""
    configure_logs(LoggingSettings(level=LogLevel.WARNING))
    try:
        succeeded = uvloop.run(demo(port))
    except (OSError, CannotListen, DemoFailed) as failure:
        raise click.ClickException(sentence(failure)) from failure
    sys.exit(0 if succeeded else 1)
