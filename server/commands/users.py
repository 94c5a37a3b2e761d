"""`roocode-server user`: people who may log in."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from roocode_server.engine.accounts.accounts import Accounts
from roocode_server.engine.accounts.invitations import link
from roocode_server.models.user import Role
from roocode_server.server.commands.administering import with_accounts
from roocode_server.server.commands.options import config_option, data_dir_option, password_option

USERS_AT_ONCE: Final = 100


@click.group("user")
def command() -> None:
    """People who may log in."""


@command.command("add")
@config_option
@data_dir_option
@click.argument("email")
@click.option("--name", help="What they are called; the e-mail address where it is left out.")
@click.option("--role", type=click.Choice([role.value for role in Role]), default=Role.DEVELOPER.value)
@password_option
def user_add(
    config: Path | None, data_dir: str | None, email: str, name: str | None, role: str, password: str
) -> None:
    """Add a person who logs in with EMAIL and a password."""

    async def add(accounts: Accounts) -> None:
        made = await accounts.create_user(email, password, name or email, [Role(role)])
        print(f"{made.id} {made.email}")

    with_accounts(config, data_dir, add, audited="user.add", email=email, role=role)


@command.command("password")
@config_option
@data_dir_option
@click.argument("email")
@password_option
def user_password(config: Path | None, data_dir: str | None, email: str, password: str) -> None:
    """Set a new password for a person. Everyone logged in as them is logged out."""

    async def change(accounts: Accounts) -> None:
        await accounts.set_password(email, password)

    with_accounts(config, data_dir, change, audited="user.password", email=email)


@command.command("disable")
@config_option
@data_dir_option
@click.argument("email")
def user_disable(config: Path | None, data_dir: str | None, email: str) -> None:
    """Disable the account of a person. Their connections end."""

    async def disable(accounts: Accounts) -> None:
        await accounts.set_disabled(email, is_disabled=True)

    with_accounts(config, data_dir, disable, audited="user.disable", email=email)


@command.command("enable")
@config_option
@data_dir_option
@click.argument("email")
def user_enable(config: Path | None, data_dir: str | None, email: str) -> None:
    """Enable the account of the person with EMAIL again."""

    async def enable(accounts: Accounts) -> None:
        await accounts.set_disabled(email, is_disabled=False)

    with_accounts(config, data_dir, enable, audited="user.enable", email=email)


@command.command("roles")
@config_option
@data_dir_option
@click.argument("email")
@click.argument("roles", type=click.Choice([role.value for role in Role]), nargs=-1, required=True)
def user_roles(config: Path | None, data_dir: str | None, email: str, roles: tuple[str, ...]) -> None:
    """Give a person these ROLES in place of theirs. Connections that used a lost one end."""

    async def change(accounts: Accounts) -> None:
        await accounts.set_roles(email, [Role(role) for role in roles])

    with_accounts(config, data_dir, change, audited="user.roles", email=email, roles=", ".join(roles))


@command.command("list")
@config_option
@data_dir_option
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

    with_accounts(config, data_dir, show)


@command.command("invite")
@config_option
@data_dir_option
@click.argument("email")
@click.option("--url", default="http://localhost:3000", help="Where the person reaches the server.")
def user_invite(config: Path | None, data_dir: str | None, email: str, url: str) -> None:
    """Print a link by which the person with EMAIL chooses a password. It works once, for a day."""

    async def invite(accounts: Accounts) -> None:
        print(link(url.rstrip("/"), await accounts.invite(email)))

    with_accounts(config, data_dir, invite, audited="user.invite", email=email)


@command.command("logout")
@config_option
@data_dir_option
@click.argument("email")
def user_logout(config: Path | None, data_dir: str | None, email: str) -> None:
    """End every login of the person with EMAIL; their API keys go on."""

    async def end(accounts: Accounts) -> None:
        await accounts.end_logins(email)

    with_accounts(config, data_dir, end, audited="user.logout", email=email)
