"""`roocode-server audit`: the audit log."""

from __future__ import annotations

from pathlib import Path

import click
import orjson

from roocode_server.engine.audit.log import AuditLog
from roocode_server.server.commands.administering import with_audit
from roocode_server.server.commands.options import config_option, data_dir_option


@click.group("audit")
def command() -> None:
    """The audit log: who did what."""


@command.command("verify")
@config_option
@data_dir_option
@click.option("--head", help="A hash that the log had once and must still have.")
def audit_verify(config: Path | None, data_dir: str | None, head: str | None) -> None:
    """Check that nobody has tampered with the audit log.

    Nothing in it may have been changed, removed or put in.
    """

    async def check(audit: AuditLog) -> None:
        found = await audit.verify(head=head)
        if found.broken_at is not None:
            raise click.ClickException(f"The audit log is broken at entry {found.broken_at}: {found.reason}.")
        print(f"{found.entries} entries, each in its place; the last one's hash is {found.head}")

    with_audit(config, data_dir, check)


@command.command("export")
@config_option
@data_dir_option
def audit_export(config: Path | None, data_dir: str | None) -> None:
    """Print every entry, oldest first, as a line of JSON."""

    async def export(audit: AuditLog) -> None:
        async for entry in audit.each():
            print(orjson.dumps(entry.dump()).decode())

    with_audit(config, data_dir, export)
