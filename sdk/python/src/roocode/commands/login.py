"""`roocode login`: prove who you are, once."""

from __future__ import annotations

import json
import sys
from ipaddress import ip_address
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import click

from roocode.client import AsyncRooCodeClient
from roocode.commands.connection import Connection, checked_url, connected
from roocode.commands.kept_logins import KeptLogin, KeptLogins
from roocode.commands.outcome import CommandFailed, ExitCode
from roocode.commands.plain_text import one_line
from roocode.commands.printing import print_json, say
from roocode.credentials import FixedKey

EXAMPLES: Final = """\b
Examples:
  roocode login                                    # asks for everything
  roocode login https://agents.example.com
  roocode login --key-file data/admin.json         # the administrator's, after a server's first start
  pass show roocode | roocode login --with-token https://agents.example.com
"""


@click.command(epilog=EXAMPLES)
@click.argument("url", required=False)
@click.option("--email", help="Log in with this e-mail address and its password, which is asked for.")
@click.option(
    "--key-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file with an API key, or with the `apiKey` of an admin.json.",
)
@click.option("--with-token", is_flag=True, help="Read an API key from the standard input.")
@connected
def command(
    connection: Connection, url: str | None, email: str | None, key_file: Path | None, with_token: bool
) -> None:
    """Log in to a server, with a password or an API key.

    What proves who you are is kept in `~/.config/roocode` (or `$XDG_CONFIG_HOME/roocode`), readable by you
    alone; of several servers, the last one you logged in to is the one that commands talk to. `$ROOCODE_URL`
    and `$ROOCODE_KEY` outrank it.
    """
    if sum((with_token, key_file is not None, email is not None)) > 1:
        raise click.UsageError("--email, --key-file and --with-token exclude each other")
    address = checked_url(url or connection.server or _asked_address(connection))
    if with_token:
        key: str | None = sys.stdin.readline().strip()
    elif key_file is not None:
        key = _key_in(key_file)
    else:
        key, email = _asked(connection, address, email)
    if key is not None:
        login = connection.at(address).anonymously(lambda client: _by_key(client, key))
    else:
        password = click.prompt("Password", hide_input=True, err=True)
        login = connection.at(address).anonymously(lambda client: _by_password(client, str(email), password))
    logins = KeptLogins()
    with logins.locked():
        logins.keep(address, login, is_default=True)
    if connection.is_json:
        print_json({"server": address, "user": login.user})
    say(f"Logged in to {address} as {one_line(login.user)}.", fg="green")


async def _by_key(client: AsyncRooCodeClient, key: str) -> KeptLogin:
    if not key.isascii() or not key.isprintable() or not key:
        raise CommandFailed("This is no API key: it is empty, or has characters that no key has")
    await client.use_credentials(FixedKey(key))
    return KeptLogin((await client.auth.profile()).user.email, api_key=key)


async def _by_password(client: AsyncRooCodeClient, email: str, password: str) -> KeptLogin:
    answer = await client.auth.login(email, password)
    return KeptLogin.of(answer.user.email, answer.tokens)


def _asked_address(connection: Connection) -> str:
    if not connection.may_ask:
        return connection.url
    return str(click.prompt("Server", default=connection.url, err=True))


def _asked(connection: Connection, address: str, email: str | None) -> tuple[str | None, str | None]:
    """Return a key or an e-mail address. Raises: CommandFailed, if nobody can be asked."""
    if not connection.may_ask:
        message = "Nobody can be asked here: give the key with --with-token or --key-file"
        raise CommandFailed(message, ExitCode.USAGE)
    if address.startswith("http://") and not _is_this_machine(address):
        say(f"Warning: {address} is not encrypted; others can read what you type on its way.", fg="yellow")
    given = email or str(
        click.prompt("E-mail (or nothing, to give an API key)", default="", show_default=False, err=True)
    )
    if given.strip():
        return None, given.strip()
    return str(click.prompt("API key", hide_input=True, err=True)).strip(), None


def _key_in(file: Path) -> str:
    text = file.read_text(encoding="utf-8").strip()
    if not text.startswith("{"):
        return text
    try:
        return str(json.loads(text)["apiKey"])
    except (ValueError, KeyError) as failure:
        raise CommandFailed(f"{file} has no `apiKey`") from failure


def _is_this_machine(address: str) -> bool:
    host = urlsplit(address).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
