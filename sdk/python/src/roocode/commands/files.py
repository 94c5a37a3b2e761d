"""`roocode files`: the files of a session's workspace."""

from __future__ import annotations

import sys
from pathlib import Path, PurePosixPath
from typing import Final

import click

from roocode.client import AsyncRooCodeClient
from roocode.commands.choosing import chosen_session, session_option
from roocode.commands.connection import Connection, connected
from roocode.commands.outcome import CommandFailed
from roocode.commands.plain_text import one_line, visible
from roocode.commands.printing import local_time, print_json, print_table, say
from roocode.models import DirectoryEntry, FileEntry
from roocode.wire import dumped

EXAMPLES: Final = """\b
Examples:
  roocode files ls
  roocode files ls -r /src --json
  roocode files get /src/app.py
  roocode files get /report.csv - | head
  roocode files put notes.txt /docs/notes.txt
"""


@click.group(epilog=EXAMPLES)
def command() -> None:
    """List the files of a workspace, and copy them to and fro."""


@command.command("ls")
@click.argument("path", default="/")
@session_option
@click.option("-r", "--recursive", is_flag=True, help="With all that is below.")
@click.option("-a", "--all", "has_hidden", is_flag=True, help="With hidden files.")
@connected
def list_files(
    connection: Connection, path: str, session: str | None, recursive: bool, has_hidden: bool
) -> None:
    """List a folder; the workspace itself unless PATH is given."""

    async def work(client: AsyncRooCodeClient) -> list[FileEntry | DirectoryEntry]:
        session_id = await chosen_session(client, session)
        found: list[FileEntry | DirectoryEntry] = []
        offset: int | None = 0
        while offset is not None:
            page = await client.files.list(
                session_id, path=path, recursive=recursive, include_hidden=has_hidden, offset=offset
            )
            found += [*page.directories, *page.files]
            offset = page.pagination.next_offset
        return sorted(found, key=lambda entry: entry.path)

    entries = connection.run(work)
    if connection.is_json:
        return print_json([dumped(entry) for entry in entries])
    return print_table(
        ("SIZE", "MODIFIED", "PATH"),
        (
            (str(each.size), local_time(each.modified_at), each.path)
            if isinstance(each, FileEntry)
            else ("-", local_time(each.modified_at), f"{each.path}/")
            for each in entries
        ),
    )


@command.command()
@click.argument("path")
@click.argument("target", required=False)
@session_option
@click.option("-f", "--force", is_flag=True, help="Replace TARGET if it exists.")
@connected
def get(connection: Connection, path: str, target: str | None, session: str | None, force: bool) -> None:
    """Copy a file of the workspace here.

    It goes to TARGET, `-` for the standard output, or to its own name unless TARGET is given.
    """
    if target == "-":
        return _print_file(connection, session, path)
    name = PurePosixPath(path).name
    place = Path(target or ".")
    if place.is_dir():
        if not name:
            raise click.UsageError("PATH names no file")
        place = place / name
    if place.is_symlink() or (place.exists() and not force):
        raise CommandFailed(f"{one_line(str(place))} is there already: --force replaces it, but no link")

    async def work(client: AsyncRooCodeClient) -> int:
        return await client.files.download(await chosen_session(client, session), path, place)

    size = connection.run(work)
    if connection.is_json:
        print_json({"path": path, "target": str(place), "size": size})
    return say(f"{one_line(str(place))}: {size} bytes")


def _print_file(connection: Connection, session: str | None, path: str) -> None:
    async def work(client: AsyncRooCodeClient) -> bytes:
        return await client.files.read_bytes(await chosen_session(client, session), path)

    content = connection.run(work)
    if sys.stdout.isatty():
        return click.echo(visible(content.decode(errors="replace")), nl=False)
    return click.echo(content, nl=False)


@command.command()
@click.argument("source")
@click.argument("path", required=False)
@session_option
@connected
def put(connection: Connection, source: str, path: str | None, session: str | None) -> None:
    """Copy a local file into the workspace.

    It takes the place of one that is there. `-` is the standard input.

    PATH is that of the copy, from the workspace's root on; SOURCE's own name unless given.
    """
    if source == "-" and path is None:
        raise click.UsageError("What comes from the standard input needs a PATH")
    name = PurePosixPath(path or f"/{Path(source).name}")
    content = sys.stdin.buffer.read() if source == "-" else None

    async def work(client: AsyncRooCodeClient) -> FileEntry:
        session_id = await chosen_session(client, session)
        if content is not None:
            return await client.files.write_bytes(session_id, str(name), content)
        return await client.files.upload(session_id, str(name), source)

    made = connection.run(work)
    if connection.is_json:
        print_json(made)
    say(f"{one_line(made.path)}: {made.size} bytes")
