"""Commands that work on a data directory, while a server may use it or not."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import click

from roocode_server.engine.accounts.accounts import Accounts
from roocode_server.engine.administration.administration import Administration, open_administration
from roocode_server.engine.audit.entries import command_line_entry
from roocode_server.engine.audit.log import AuditLog
from roocode_server.engine.storage.data_directory import has_database
from roocode_server.models.settings import Settings
from roocode_server.server.commands.options import read_settings, said_plainly
from roocode_server.server.logs import configure_logs


def with_accounts(
    config: Path | None,
    data_dir: str | None,
    work: Callable[[Accounts], Awaitable[None]],
    *,
    audited: str | None = None,
    **subject: str,
) -> None:
    """Work on the accounts; a change is `audited` by this name, with what it was about."""

    async def change(administration: Administration) -> None:
        await work(administration.accounts)
        if audited is not None:
            await administration.audit.record(command_line_entry(audited, subject))

    _administer(config, data_dir, change)


def with_audit(
    config: Path | None, data_dir: str | None, work: Callable[[AuditLog], Awaitable[None]]
) -> None:
    """Work on the audit log."""
    _administer(config, data_dir, lambda administration: work(administration.audit))


def _administer(
    config: Path | None, data_dir: str | None, work: Callable[[Administration], Awaitable[None]]
) -> None:
    async def run(settings: Settings) -> None:
        async with open_administration(settings) as administration:
            await work(administration)

    run_with_settings(config, data_dir, run)


def run_with_settings(
    config: Path | None, data_dir: str | None, work: Callable[[Settings], Awaitable[None]]
) -> None:
    """Do `work`, with the failures that the user can fix said plainly."""
    settings = read_settings(config, {"data_dir": data_dir})
    _check_place(settings, is_named=data_dir is not None)
    configure_logs(settings.logging)

    async def run() -> None:
        await work(settings)

    with said_plainly():
        asyncio.run(run())


def _check_place(settings: Settings, *, is_named: bool) -> None:
    """Refuse to create a database just because the command was started in the wrong folder."""
    if not (is_named or settings.server.data_dir != Settings().server.data_dir or has_database(settings)):
        place = Path(settings.server.data_dir).absolute()
        raise click.ClickException(
            f"No server has its data in {place}: name the folder of yours with --data-dir. "
            "With it named, the command makes the data where there are none."
        )
