"""`roocode-server key`: API keys."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click

from roocode_server.engine.accounts.accounts import Accounts
from roocode_server.models.identifier import KeyId
from roocode_server.models.limit_settings import LARGEST_LIMIT
from roocode_server.models.quota import NO_LIMITS, Limit, OwnLimits
from roocode_server.models.user import KeyScope
from roocode_server.server.commands.administering import with_accounts
from roocode_server.server.commands.options import config_option, data_dir_option

NONE: Final = "none"


@click.group("key")
def command() -> None:
    """API keys, for programs."""


@command.command("create")
@config_option
@data_dir_option
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

    with_accounts(config, data_dir, create, audited="key.create", email=email, name=name)


@command.command("list")
@config_option
@data_dir_option
@click.argument("email")
def key_list(config: Path | None, data_dir: str | None, email: str) -> None:
    """List the API keys of the person with EMAIL."""

    async def show(accounts: Accounts) -> None:
        for each in await accounts.keys(email):
            scopes, end = ",".join(each.scopes), " (revoked)" if each.revoked_at else ""
            print(f"{each.id} {each.hint}… {each.name} [{scopes}]{end}")

    with_accounts(config, data_dir, show)


@command.command("revoke")
@config_option
@data_dir_option
@click.argument("email")
@click.argument("key_id")
def key_revoke(config: Path | None, data_dir: str | None, email: str, key_id: str) -> None:
    """Revoke the API key KEY_ID of a person. Its connections end."""

    async def revoke(accounts: Accounts) -> None:
        await accounts.revoke_key(email, KeyId(key_id))

    with_accounts(config, data_dir, revoke, audited="key.revoke", email=email, keyId=key_id)


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
