"""The server that a command talks to, as whom, and how failures end the command."""

from __future__ import annotations

import asyncio
import functools
import os
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, ParamSpec, TypeVar
from urllib.parse import urlsplit

import click

from roocode.client import DEFAULT_URL, KEY_VARIABLE, URL_VARIABLE, AsyncRooCodeClient
from roocode.commands.kept_logins import KeptLogins, KeptTokens
from roocode.commands.outcome import CommandFailed, ExitCode
from roocode.commands.plain_text import one_line, visible
from roocode.commands.printing import say
from roocode.errors import (
    AuthenticationFailed,
    ConnectionFailed,
    NotFound,
    PermissionDenied,
    RooCodeError,
    UnexpectedAnswer,
)

T = TypeVar("T")
P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Connection:
    """The options that every command has, and what they mean."""

    server: str | None
    is_json: bool
    no_input: bool
    kept_server: str | None = None
    """That of the last login when the command began: a login beside it leads it nowhere else."""

    @property
    def url(self) -> str:
        """The server's address: the option, the environment, the last login, or port 3000 here."""
        given = self.server or os.environ.get(URL_VARIABLE) or self.kept_server
        return checked_url(given or DEFAULT_URL)

    @property
    def may_ask(self) -> bool:
        """Whether there is a person to ask."""
        return not self.no_input and sys.stdin.isatty() and sys.stderr.isatty()

    def run(self, work: Callable[[AsyncRooCodeClient], Awaitable[T]]) -> T:
        """Call the server. Raises: CommandFailed, for whatever goes wrong with it."""
        with failures_told(self.url):
            return asyncio.run(self._with_client(work))

    def at(self, url: str) -> Connection:
        """Return the same with another server."""
        return replace(self, server=url)

    def anonymously(self, work: Callable[[AsyncRooCodeClient], Awaitable[T]]) -> T:
        """Call the server without what is kept. Raises: CommandFailed."""

        async def call() -> T:
            async with AsyncRooCodeClient(base_url=self.url) as client:
                await client.use_credentials(None)
                return await work(client)

        with failures_told(self.url):
            return asyncio.run(call())

    async def _with_client(self, work: Callable[[AsyncRooCodeClient], Awaitable[T]]) -> T:
        url = self.url
        logins = KeptLogins()
        kept = None if os.environ.get(KEY_VARIABLE) else logins.get(url)
        async with AsyncRooCodeClient(kept.api_key if kept else None, base_url=url) as client:
            if kept is not None and kept.refresh_token is not None:
                await client.use_credentials(KeptTokens(logins, url, kept))
            return await work(client)


def connected(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that every command has, as its argument `connection`."""

    @click.option("--server", metavar="URL", help="The server; the one you logged in to last unless given.")
    @click.option("--json", "is_json", is_flag=True, help="Print JSON instead of text.")
    @click.option("--no-input", is_flag=True, help="Never ask anything.")
    @functools.wraps(function)
    def command(*, server: str | None, is_json: bool, no_input: bool, **rest: Any) -> None:
        kept = KeptLogins().default_url
        function(connection=Connection(server, is_json, no_input, kept), **rest)

    return command


def checked_url(url: str) -> str:
    """Return an address in the form in which logins are kept. Raises: CommandFailed."""
    parts = urlsplit(url if "://" in url else f"http://{url}")
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise CommandFailed(f"{one_line(url)} is no address like https://host:port", ExitCode.USAGE)
    if parts.username is not None or parts.password is not None:
        raise CommandFailed("An address must not contain a password: use roocode login", ExitCode.USAGE)
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}"


@contextmanager
def failures_told(url: str) -> Iterator[None]:
    """Turn failures into a sentence that says what to do, and an exit code."""
    try:
        yield
    except KeyboardInterrupt:
        say()
        raise click.exceptions.Exit(ExitCode.INTERRUPTED) from None
    except (AuthenticationFailed, PermissionDenied) as error:
        raise CommandFailed(_not_permitted(url, error), ExitCode.NOT_PERMITTED) from error
    except NotFound as error:
        hint = "" if error.details.get("resource") is None else " Check the name, and whose it is."
        raise CommandFailed(f"{_told(error)}.{hint}".replace("..", ".")) from error
    except RooCodeError as error:
        raise CommandFailed(_told(error)) from error
    except ConnectionFailed as failure:
        message = one_line(str(failure), 500)
        place = "" if url in message else f" ({url})"
        hint = f"Is the server running, and is the address right{place}? `roocode login` names another one."
        raise CommandFailed(f"{message}. {hint}", ExitCode.UNREACHABLE) from failure
    except OSError as failure:
        message = f"{failure.filename}: {failure.strerror}" if failure.filename else str(failure)
        raise CommandFailed(one_line(message, 500)) from failure
    except UnexpectedAnswer as failure:
        raise CommandFailed(one_line(str(failure), 500)) from failure


def _not_permitted(url: str, error: RooCodeError) -> str:
    if isinstance(error, PermissionDenied):
        return f"{_told(error)} Your role, or the scopes of your key, do not reach that far."
    if os.environ.get(KEY_VARIABLE):
        return f"{_told(error)} The server {url} does not accept the key in ${KEY_VARIABLE}."
    return f"{_told(error)} Log in: roocode login {url}"


def _told(error: RooCodeError) -> str:
    text = visible(error.explanation) or error.code
    found = f" [{error.request_id}]" if error.status >= 500 and error.request_id else ""
    return f"{text}{found}" if text.endswith((".", "!", "?")) else f"{text}{found}."
