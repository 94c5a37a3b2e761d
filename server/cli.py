"""The command `roocode`."""

from __future__ import annotations

import asyncio
import datetime
import gc
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import click
import orjson
import uvloop

from roocode_server.engine.accounts.accounts import Accounts
from roocode_server.engine.accounts.invitations import link
from roocode_server.engine.audit.log import AuditLog
from roocode_server.engine.engine import Administration, has_database, open_administration, rotate_secrets
from roocode_server.engine.providers.scripted.playbook import PlaybookInvalid
from roocode_server.engine.storage.database import DatabaseUnusable
from roocode_server.handlers.auditing import command_line_entry
from roocode_server.models.error import AppError
from roocode_server.models.identifier import KeyId
from roocode_server.models.limit_settings import LARGEST_LIMIT
from roocode_server.models.quota import NO_LIMITS, Limit, OwnLimits
from roocode_server.models.settings import LoggingSettings, LogLevel, Settings
from roocode_server.models.user import KeyScope, Role
from roocode_server.server.app import CannotListen, running
from roocode_server.server.demo import DemoFailed, demo
from roocode_server.server.logs import configure_logs
from roocode_server.server.plainly import sentence
from roocode_server.server.settings import SettingsMistake, load_settings
from roocode_server.server.stopping import open_standard_streams, stop_on_signals

NONE: Final = "none"
USERS_AT_ONCE: Final = 100

SWITCH_INTERVAL_S: Final = 0.0003
"""How soon a thread that walks a large workspace lets the event loop go on; usual is 5 ms."""

_config = click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file like config.yaml.",
)
_data_dir = click.option("--data-dir", type=click.Path(file_okay=False), help="Where everything is stored.")


@click.group()
@click.version_option(package_name="roocode-server")
def main() -> None:
    """A server on which programs run autonomous coding agents."""
    open_standard_streams()


@main.command()
@_config
@_data_dir
@click.option("--host", help="The address to listen on.")
@click.option(
    "--port", "ports", type=click.IntRange(0, 65535), multiple=True, help="Repeatable; 0 picks one."
)
@click.option(
    "--invite", is_flag=True, help="The administrator chooses a password by a link, in place of admin.json."
)
def serve(
    config: Path | None, data_dir: str | None, host: str | None, ports: tuple[int, ...], invite: bool
) -> None:
    """Run the server until it is told to stop (SIGTERM or Ctrl-C)."""
    given = {"host": host, "ports": list(ports) or None, "data_dir": data_dir}
    settings = _settings(config, given, auth={"invite": True} if invite else {})
    configure_logs(settings.logging)
    with _said_plainly():
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


@main.command("demo")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="0 picks a free one.")
def demo_command(port: int) -> None:
    """Let an agent fix a bug in a small project, and show where to look next."""
    configure_logs(LoggingSettings(level=LogLevel.WARNING))
    try:
        succeeded = uvloop.run(demo(port))
    except (OSError, CannotListen, DemoFailed) as failure:
        raise click.ClickException(sentence(failure)) from failure
    sys.exit(0 if succeeded else 1)


@main.group()
def user() -> None:
    """People who may log in."""


@user.command("add")
@_config
@_data_dir
@click.argument("email")
@click.option("--name", help="What they are called; the e-mail address where it is left out.")
@click.option("--role", type=click.Choice([role.value for role in Role]), default=Role.DEVELOPER.value)
@click.password_option(envvar="ROOCODE_PASSWORD", help="Asked for where it is not given.")
def user_add(
    config: Path | None, data_dir: str | None, email: str, name: str | None, role: str, password: str
) -> None:
    """Add a person who logs in with EMAIL and a password."""

    async def add(accounts: Accounts) -> None:
        made = await accounts.create_user(email, password, name or email, [Role(role)])
        print(f"{made.id} {made.email}")

    _with_accounts(config, data_dir, add, audited="user.add", email=email, role=role)


@user.command("password")
@_config
@_data_dir
@click.argument("email")
@click.password_option(envvar="ROOCODE_PASSWORD", help="Asked for where it is not given.")
def user_password(config: Path | None, data_dir: str | None, email: str, password: str) -> None:
    """Set a new password for the person with EMAIL; everyone logged in as them is logged out."""

    async def change(accounts: Accounts) -> None:
        await accounts.set_password(email, password)

    _with_accounts(config, data_dir, change, audited="user.password", email=email)


@user.command("disable")
@_config
@_data_dir
@click.argument("email")
def user_disable(config: Path | None, data_dir: str | None, email: str) -> None:
    """Disable the account of the person with EMAIL; their connections end."""

    async def disable(accounts: Accounts) -> None:
        await accounts.set_disabled(email, is_disabled=True)

    _with_accounts(config, data_dir, disable, audited="user.disable", email=email)


@user.command("enable")
@_config
@_data_dir
@click.argument("email")
def user_enable(config: Path | None, data_dir: str | None, email: str) -> None:
    """Enable the account of the person with EMAIL again."""

    async def enable(accounts: Accounts) -> None:
        await accounts.set_disabled(email, is_disabled=False)

    _with_accounts(config, data_dir, enable, audited="user.enable", email=email)


@user.command("roles")
@_config
@_data_dir
@click.argument("email")
@click.argument("roles", type=click.Choice([role.value for role in Role]), nargs=-1, required=True)
def user_roles(config: Path | None, data_dir: str | None, email: str, roles: tuple[str, ...]) -> None:
    """Give the person with EMAIL these ROLES in place of theirs; connections end that used a lost one."""

    async def change(accounts: Accounts) -> None:
        await accounts.set_roles(email, [Role(role) for role in roles])

    _with_accounts(config, data_dir, change, audited="user.roles", email=email, roles=", ".join(roles))


@user.command("list")
@_config
@_data_dir
def user_list(config: Path | None, data_dir: str | None) -> None:
    """Show everybody who may log in."""

    async def show(accounts: Accounts) -> None:
        offset, total = 0, 1
        while offset < total:
            users, total = await accounts.people.page(limit=USERS_AT_ONCE, offset=offset)
            for each in users:
                end = " (disabled)" if each.disabled_at else ""
                print(f"{each.id} {each.email} {','.join(each.roles)}{end}")
            offset += USERS_AT_ONCE

    _with_accounts(config, data_dir, show)


@user.command("invite")
@_config
@_data_dir
@click.argument("email")
@click.option("--url", default="http://localhost:3000", help="Where the person reaches the server.")
def user_invite(config: Path | None, data_dir: str | None, email: str, url: str) -> None:
    """Print a link by which the person with EMAIL chooses a password. It works once, for a day."""

    async def invite(accounts: Accounts) -> None:
        print(link(url.rstrip("/"), await accounts.invite(email)))

    _with_accounts(config, data_dir, invite, audited="user.invite", email=email)


@user.command("logout")
@_config
@_data_dir
@click.argument("email")
def user_logout(config: Path | None, data_dir: str | None, email: str) -> None:
    """End every login of the person with EMAIL; their API keys go on."""

    async def end(accounts: Accounts) -> None:
        await accounts.end_logins(email)

    _with_accounts(config, data_dir, end, audited="user.logout", email=email)


@main.group()
def key() -> None:
    """API keys, for programs."""


@key.command("create")
@_config
@_data_dir
@click.argument("email")
@click.option("--name", default="command line", help="What the key is for.")
@click.option(
    "--limit",
    "limits",
    multiple=True,
    metavar="NAME=NUMBER",
    help=f"Instead of the server's; repeatable, NUMBER may be none; {NONE} alone: no limits. "
    f"NAME is one of {', '.join(Limit)}.",
)
@click.option(
    "--scope",
    "scopes",
    type=click.Choice([scope.value for scope in KeyScope]),
    multiple=True,
    default=[scope.value for scope in KeyScope],
    help="Repeatable; all where it is left out.",
)
@click.option("--expires", type=click.DateTime(), help="Until when it works (UTC).")
def key_create(
    config: Path | None,
    data_dir: str | None,
    email: str,
    name: str,
    scopes: tuple[str, ...],
    expires: datetime.datetime | None,
    limits: tuple[str, ...],
) -> None:
    """Create an API key for the person with EMAIL and print it. It is shown only this once."""
    own = _own_limits(limits)

    async def create(accounts: Accounts) -> None:
        until = expires and expires.replace(tzinfo=datetime.UTC)
        wanted = [KeyScope(scope) for scope in scopes]
        print(await accounts.create_key(email, name, scopes=wanted, expires_at=until, limits=own))

    _with_accounts(config, data_dir, create, audited="key.create", email=email, name=name)


@key.command("list")
@_config
@_data_dir
@click.argument("email")
def key_list(config: Path | None, data_dir: str | None, email: str) -> None:
    """List the API keys of the person with EMAIL."""

    async def show(accounts: Accounts) -> None:
        for each in await accounts.keys(email):
            scopes, end = ",".join(each.scopes), " (revoked)" if each.revoked_at else ""
            print(f"{each.id} {each.hint}… {each.name} [{scopes}]{end}")

    _with_accounts(config, data_dir, show)


@key.command("revoke")
@_config
@_data_dir
@click.argument("email")
@click.argument("key_id")
def key_revoke(config: Path | None, data_dir: str | None, email: str, key_id: str) -> None:
    """Revoke the API key KEY_ID of the person with EMAIL; its connections end."""

    async def revoke(accounts: Accounts) -> None:
        await accounts.revoke_key(email, KeyId(key_id))

    _with_accounts(config, data_dir, revoke, audited="key.revoke", email=email, keyId=key_id)


def _own_limits(given: Sequence[str]) -> OwnLimits | None:
    """`file_operations=1000`, … as a key's own limits; None for a key that has the server's."""
    if NONE in given:
        return NO_LIMITS
    own: dict[str, int | None] = {}
    for text in given:
        name, _, number = text.partition("=")
        is_number = number.isascii() and number.isdigit() and 1 <= int(number) <= LARGEST_LIMIT
        if name not in set(Limit) or not (is_number or number == NONE):
            raise click.BadParameter(
                f"{text}: expected NAME=NUMBER, NAME one of {', '.join(Limit)}, NUMBER from 1 to "
                f"{LARGEST_LIMIT} or {NONE}.",
                param_hint="--limit",
            )
        own[name] = None if number == NONE else int(number)
    return own or None


@main.group("audit")
def audit_group() -> None:
    """The audit log: who did what."""


@audit_group.command("verify")
@_config
@_data_dir
@click.option("--head", help="A hash that the log had once and must still have.")
def audit_verify(config: Path | None, data_dir: str | None, head: str | None) -> None:
    """Check that nothing in the audit log was changed, removed or put in."""

    async def check(audit: AuditLog) -> None:
        found = await audit.verify(head=head)
        if found.broken_at is not None:
            raise click.ClickException(f"The audit log is broken at entry {found.broken_at}: {found.reason}.")
        print(f"{found.entries} entries, each in its place; the last one's hash is {found.head}")

    _with_audit(config, data_dir, check)


@audit_group.command("export")
@_config
@_data_dir
def audit_export(config: Path | None, data_dir: str | None) -> None:
    """Print every entry, oldest first, as a line of JSON."""

    async def export(audit: AuditLog) -> None:
        async for entry in audit.each():
            print(orjson.dumps(entry.dump()).decode())

    _with_audit(config, data_dir, export)


@main.group("secrets")
def secrets_group() -> None:
    """The keys that seal stored secrets and sign access tokens."""


@secrets_group.command("rotate")
@_config
@_data_dir
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

    _run(config, data_dir, rotate)


def _with_accounts(
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


def _with_audit(
    config: Path | None, data_dir: str | None, work: Callable[[AuditLog], Awaitable[None]]
) -> None:
    _administer(config, data_dir, lambda administration: work(administration.audit))


def _administer(
    config: Path | None, data_dir: str | None, work: Callable[[Administration], Awaitable[None]]
) -> None:
    async def run(settings: Settings) -> None:
        async with open_administration(settings) as administration:
            await work(administration)

    _run(config, data_dir, run)


def _run(config: Path | None, data_dir: str | None, work: Callable[[Settings], Awaitable[None]]) -> None:
    settings = _settings(config, {"data_dir": data_dir})
    _check_place(settings, is_named=data_dir is not None)
    configure_logs(settings.logging)

    async def run() -> None:
        await work(settings)

    with _said_plainly():
        asyncio.run(run())


def _check_place(settings: Settings, *, is_named: bool) -> None:
    """Refuse to create a database just because the command was started in the wrong folder."""
    if not (is_named or settings.server.data_dir != Settings().server.data_dir or has_database(settings)):
        place = Path(settings.server.data_dir).absolute()
        raise click.ClickException(
            f"No server has its data in {place}: name the folder of yours with --data-dir. "
            "With it named, the command makes the data where there are none."
        )


@contextmanager
def _said_plainly() -> Iterator[None]:
    """Show failures that the user can fix as a message, without a traceback."""
    try:
        yield
    except (OSError, CannotListen, DatabaseUnusable, PlaybookInvalid, AppError) as failure:
        raise click.ClickException(sentence(failure)) from failure


def _settings(
    config: Path | None, server: dict[str, Any], *, auth: Mapping[str, Any] = MappingProxyType({})
) -> Settings:
    given = {name: content for name, content in server.items() if content is not None}
    try:
        return load_settings(config, overrides={"server": given, "auth": dict(auth)})
    except SettingsMistake as mistake:
        raise click.ClickException(str(mistake)) from mistake


if __name__ == "__main__":
    sys.exit(main())
