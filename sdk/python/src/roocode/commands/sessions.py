"""`roocode sessions`: the sessions that there are."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import click

from roocode.client import AsyncRooCodeClient
from roocode.commands.choosing import chosen_session, session_config
from roocode.commands.connection import Connection, connected
from roocode.commands.listing import ListingGroup, limit_option
from roocode.commands.outcome import CommandFailed, ExitCode
from roocode.commands.plain_text import one_line
from roocode.commands.printing import local_time, print_json, print_table, say
from roocode.models import CallersSession, ListedSession
from roocode.transport import UNSET
from roocode.wire import dumped

EXAMPLES: Final = """\b
Examples:
  roocode sessions
  roocode sessions --scope all --json | jq -r '.[].id'
  export ROOCODE_SESSION=$(roocode sessions create --provider scripted)
  roocode sessions export here.session.tar.gz && roocode --server … sessions import here.session.tar.gz
  roocode sessions delete session-0727d4c4e8dfb4d47d54
"""


@click.group(cls=ListingGroup, epilog=EXAMPLES)
def command() -> None:
    """List, open, show, copy, move and delete sessions. Without a command they are listed."""


@command.command("list")
@click.option("--scope", type=click.Choice(["mine", "shared", "all"]), default="mine", show_default=True)
@limit_option
@connected
def list_sessions(connection: Connection, scope: Any, limit: int) -> None:
    """List your sessions, newest first, or those shared with you."""

    async def work(client: AsyncRooCodeClient) -> list[ListedSession]:
        return (await client.sessions.list(scope=scope, limit=limit)).data

    found = connection.run(work)
    if connection.is_json:
        return print_json([dumped(session) for session in found])
    print_table(
        ("SESSION", "NAME", "DOES", "MODEL", "CREATED"),
        (
            (
                each.id,
                each.name,
                each.work,
                f"{each.config.provider}/{each.config.model}",
                local_time(each.created_at),
            )
            for each in found
        ),
    )
    if not found:
        say('There is none: roocode run "…" makes one, or: roocode sessions create')
    return None


@command.command()
@click.argument("name", default="Untitled session")
@click.option("--provider", help="Who has the model: anthropic, openai, gemini, ollama, scripted, auto.")
@click.option("--model", help="The model, or the playbook of the provider `scripted`.")
@click.option("--mode", help="The mode to work in.")
@connected
def create(connection: Connection, name: str, **given: str | None) -> None:
    """Open a session with an empty workspace, and print its id."""
    config = session_config(**given)

    async def work(client: AsyncRooCodeClient) -> CallersSession:
        return await client.sessions.create(name=name, config=config)

    made = connection.run(work)
    print_json(made) if connection.is_json else click.echo(one_line(made.id))


@command.command()
@click.argument("session", required=False)
@click.option("--name", help="The name of the copy; that of the session unless given.")
@connected
def fork(connection: Connection, session: str | None, name: str | None) -> None:
    """Copy a session with its files, tasks and events. Prints the copy's id."""

    async def work(client: AsyncRooCodeClient) -> CallersSession:
        source = await chosen_session(client, session)
        return await client.sessions.fork(source, name=UNSET if name is None else name)

    made = connection.run(work)
    print_json(made) if connection.is_json else click.echo(one_line(made.id))


@command.command()
@click.argument("target", type=click.Path(path_type=Path))
@click.argument("session", required=False)
@connected
def export(connection: Connection, target: Path, session: str | None) -> None:
    """Write a session with everything in it to the archive TARGET. Secrets are left out."""

    async def work(client: AsyncRooCodeClient) -> tuple[str, int]:
        source = await chosen_session(client, session)
        return source, await client.sessions.export(source, target)

    source, size = connection.run(work)
    if connection.is_json:
        print_json({"sessionId": source, "file": str(target), "size": size})
    say(f"{one_line(source)} is in {one_line(str(target))}, {size:,} bytes")


@command.command("import")
@click.argument("source", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--name", help="The name of the session; the one in the archive unless given.")
@connected
def import_session(connection: Connection, source: Path, name: str | None) -> None:
    """Make a session of the archive SOURCE, and print its id."""

    async def work(client: AsyncRooCodeClient) -> CallersSession:
        return await client.sessions.take_in(source, name=name)

    made = connection.run(work)
    print_json(made) if connection.is_json else click.echo(one_line(made.id))


@command.command()
@click.argument("session", required=False)
@connected
def show(connection: Connection, session: str | None) -> None:
    """Show a session and how it is configured."""

    async def work(client: AsyncRooCodeClient) -> CallersSession:
        return await client.sessions.get(await chosen_session(client, session))

    found = connection.run(work)
    if connection.is_json:
        return print_json(found)
    facts = {
        "session": found.id,
        "name": found.name,
        "status": found.status,
        "access": found.access,
        "provider": found.config.provider,
        "model": found.config.model,
        "mode": found.config.mode,
        "created": local_time(found.created_at),
        "expires": local_time(found.expires_at),
    }
    for name, content in facts.items():
        click.echo(f"{name}\t{one_line(content)}")
    return None


@command.command()
@click.argument("session")
@click.option("-y", "--yes", is_flag=True, help="Do not ask whether you are sure.")
@connected
def delete(connection: Connection, session: str, yes: bool) -> None:
    """Delete a session with its workspace, tasks and events. It cannot be undone."""

    async def name(client: AsyncRooCodeClient) -> CallersSession:
        return await client.sessions.get(session)

    async def work(client: AsyncRooCodeClient) -> None:
        await client.sessions.delete(session)

    if not yes:
        if not connection.may_ask:
            raise CommandFailed("Nobody can be asked whether you are sure: add --yes", ExitCode.USAGE)
        found = connection.run(name)
        click.confirm(f"Delete {one_line(found.id)} ({one_line(found.name)})?", abort=True, err=True)
    connection.run(work)
    if connection.is_json:
        print_json({"sessionId": session, "deleted": True})
    say(f"Deleted {one_line(session)}")
