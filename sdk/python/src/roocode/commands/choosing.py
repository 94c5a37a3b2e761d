"""Which session and which task a command is about."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, Final

import click

from roocode.client import AsyncRooCodeClient
from roocode.commands.outcome import CommandFailed, ExitCode
from roocode.errors import NotFound
from roocode.models import Task
from roocode.params import SessionConfigChangeDict

SESSION_VARIABLE: Final = "ROOCODE_SESSION"
LAST: Final = "last"
SEARCHED_SESSIONS: Final = 20


def session_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the option `--session`."""
    text = f"A session's id, or `{LAST}`; ${SESSION_VARIABLE} unless given, then your latest one."
    return click.option("-s", "--session", metavar="ID", help=text)(function)


def session_config(
    *, provider: str | None = None, model: str | None = None, mode: str | None = None
) -> SessionConfigChangeDict:
    """Return a session's configuration, as far as it was given."""
    config = SessionConfigChangeDict()
    if provider is not None:
        config["provider"] = provider
    if model is not None:
        config["model"] = model
    if mode is not None:
        config["mode"] = mode
    return config


async def chosen_session(client: AsyncRooCodeClient, given: str | None) -> str:
    """Return the id of the session that is meant. Raises: CommandFailed, if there is none."""
    named = given or os.environ.get(SESSION_VARIABLE)
    if named and named != LAST:
        return named
    page = await client.sessions.list(scope="mine", limit=1)
    if not page.data:
        raise CommandFailed('You have no session yet: roocode run "…" makes one', ExitCode.FAILED)
    return page.data[0].id


async def chosen_task(client: AsyncRooCodeClient, session: str | None, task: str | None) -> Task:
    """Return the task that is meant: of the session, or of your latest ones. Raises: CommandFailed."""
    if task is not None and session is None and SESSION_VARIABLE not in os.environ:
        return await _found(client, task)
    session_id = await chosen_session(client, session)
    if task is not None:
        return await client.tasks.get(session_id, task)
    page = await client.tasks.list(session_id, limit=1)
    if not page.data:
        raise CommandFailed(f"{session_id} has no task yet")
    return page.data[0]


async def _found(client: AsyncRooCodeClient, task: str) -> Task:
    for session in (await client.sessions.list(limit=SEARCHED_SESSIONS)).data:
        try:
            return await client.tasks.get(session.id, task)
        except NotFound:
            continue
    raise CommandFailed(
        f"None of your {SEARCHED_SESSIONS} latest sessions has the task {task}: name its session (-s)"
    )
