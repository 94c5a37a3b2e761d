"""`roocode-server doctor`."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click
import orjson
import psutil

from roocode_server.engine.administration.diagnosis import examine
from roocode_server.engine.administration.machine_checks import check_machine
from roocode_server.engine.storage.ownership import running_server
from roocode_server.models.diagnosis import CheckStatus, Diagnosis, Finding
from roocode_server.models.settings import LoggingSettings, LogLevel, ServerSettings, Settings
from roocode_server.server.app import CannotListen
from roocode_server.server.commands.options import config_option, data_dir_option, host_option, ports_option
from roocode_server.server.logs import configure_logs
from roocode_server.server.settings import SettingsMistake, load_settings

_COLOURS: Final = {CheckStatus.OK: "green", CheckStatus.WARNING: "yellow", CheckStatus.FAILED: "red"}


@click.command("doctor")
@config_option
@data_dir_option
@host_option
@ports_option
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def command(
    config: Path | None, data_dir: str | None, host: str | None, ports: tuple[int, ...], as_json: bool
) -> None:
    """Say what this machine lacks for a server, and how to get it.

    Everything is tried as a start would, and nothing is changed. The exit code is 1 if the server would not
    start or would run no commands, and 0 otherwise, also with warnings.
    """
    configure_logs(LoggingSettings(level=LogLevel.ERROR))
    given = {"host": host, "ports": list(ports) or None, "data_dir": data_dir}
    server = {name: content for name, content in given.items() if content is not None}
    try:
        settings = load_settings(config, overrides={"server": server})
    except SettingsMistake as mistake:
        findings = asyncio.run(_without_settings(mistake))
    else:
        findings = asyncio.run(_with_settings(config, settings))
    diagnosis = Diagnosis.of(findings)
    if as_json:
        print(orjson.dumps(diagnosis.dump(), option=orjson.OPT_INDENT_2).decode())
    else:
        _show(diagnosis)
    sys.exit(diagnosis.status is CheckStatus.FAILED)


async def _without_settings(mistake: SettingsMistake) -> Sequence[Finding]:
    advice = "Correct it; docs/configuration.md has every setting. What depends on it was not tried."
    return [Finding.bad("configuration", str(mistake), advice), *await check_machine(None)]


async def _with_settings(config: Path | None, settings: Settings) -> Sequence[Finding]:
    found = "defaults and environment" if config is None else f"{config} and environment"
    ports = [await _port(settings.server, port) for port in settings.server.ports]
    configuration = Finding.good("configuration", f"{found}: every setting is known and valid")
    return [configuration, *ports, *await examine(settings)]


async def _port(server: ServerSettings, port: int) -> Finding:
    """Listen as the server would. A port of the server that runs with this data directory counts as free."""
    place = f"{server.host}:{port}"
    try:
        listening = await asyncio.get_running_loop().create_server(asyncio.Protocol, server.host, port)
    except OSError as failure:
        owner = running_server(Path(server.data_dir))
        if owner is not None and _listens(owner, port):
            return Finding.good("port", f"{place} is that of the server that runs here (process {owner})")
        reason = str(CannotListen(server.host, port, failure))
        return Finding(check="port", status=CheckStatus.FAILED, found=reason)
    listening.close()
    await listening.wait_closed()
    return Finding.good("port", f"{place} can be opened")


def _listens(process: int, port: int) -> bool:
    try:
        sockets = psutil.Process(process).net_connections("tcp")
    except psutil.Error:
        return False
    return any(each.status == psutil.CONN_LISTEN and each.laddr.port == port for each in sockets)


def _show(diagnosis: Diagnosis) -> None:
    width = max(len(finding.check) for finding in diagnosis.findings)
    margin = "\n" + " " * (len(CheckStatus.WARNING) + 2 + width + 2)
    for finding in diagnosis.findings:
        status = click.style(f"{finding.status:<{len(CheckStatus.WARNING)}}", fg=_COLOURS[finding.status])
        lines = [*finding.found.split("\n"), *([finding.advice] if finding.advice else [])]
        click.echo(f"{status}  {finding.check:<{width}}  {margin.join(lines)}")
    statuses = [finding.status for finding in diagnosis.findings]
    counts = [f"{statuses.count(status)} {status}" for status in CheckStatus if status in statuses]
    click.echo(f"\n{', '.join(counts)}")
