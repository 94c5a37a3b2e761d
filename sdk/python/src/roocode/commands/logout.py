"""`roocode logout`: forget who you are."""

from __future__ import annotations

import click

from roocode.client import AsyncRooCodeClient
from roocode.commands.connection import Connection, checked_url, connected
from roocode.commands.kept_logins import KeptLogins
from roocode.commands.outcome import CommandFailed
from roocode.commands.printing import print_json, say


@click.command(epilog="\b\nExamples:\n  roocode logout\n  roocode logout https://agents.example.com")
@click.argument("url", required=False)
@connected
def command(connection: Connection, url: str | None) -> None:
    """Log out of a server, and delete what was kept of the login here.

    The tokens of a password's login end on the server, too. An API key is only deleted here: it stays valid
    until it is revoked.
    """
    here = connection.at(checked_url(url) if url else connection.url)  # also when it is forgotten
    logins = KeptLogins()
    kept = logins.get(here.url)
    if kept is None:
        raise CommandFailed(f"There is no login at {here.url} to end")
    try:
        if kept.refresh_token is not None:
            here.run(_end)
    except CommandFailed as failure:
        say(f"The login could not be ended on the server: {failure.message}", fg="yellow")
    finally:
        with logins.locked():
            logins.forget(here.url)
    if connection.is_json:
        print_json({"server": here.url, "user": kept.user})
    say(f"Logged out of {here.url}." + (" The API key stays valid." if kept.api_key else ""))


async def _end(client: AsyncRooCodeClient) -> None:
    await client.auth.logout()
