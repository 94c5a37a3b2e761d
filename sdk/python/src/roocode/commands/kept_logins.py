"""The credentials that `roocode login` keeps, in a file that only the user reads."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from roocode.client import AsyncRooCodeClient
from roocode.commands.outcome import CommandFailed
from roocode.models import Tokens

EARLY_S: Final = 30.0
"""How long before its end an access token is refreshed."""


@dataclass(frozen=True, slots=True)
class KeptLogin:
    """What is kept for a server: an API key, or the tokens of a login. `expires_at`: in Unix seconds."""

    user: str
    api_key: str | None = None
    access_token: str | None = None
    refresh_token: str | None = None
    expires_at: float = 0.0

    @classmethod
    def of(cls, user: str, tokens: Tokens) -> KeptLogin:
        """Keep tokens that have just been issued."""
        return cls(
            user,
            access_token=tokens.access_token,
            refresh_token=tokens.refresh_token,
            expires_at=time.time() + tokens.expires_in,
        )

    def __repr__(self) -> str:
        return f"KeptLogin({self.user!r})"  # no secret in a traceback


class KeptLogins:
    """The file `roocode/servers.json` in the user's folder of configuration. Source: XDG Base Directory."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or _configuration_folder()
        self._file = self._folder / "servers.json"

    @property
    def default_url(self) -> str | None:
        """The server that was logged in to last."""
        url = self._read().get("default")
        return url if isinstance(url, str) else None

    def get(self, url: str) -> KeptLogin | None:
        """Return what is kept for this server. Raises: CommandFailed, if the file is damaged."""
        found = self._read()["servers"].get(url)
        try:
            return KeptLogin(**found) if found is not None else None
        except TypeError as failure:
            raise CommandFailed(f"{self._file} is damaged; delete it and log in again") from failure

    def keep(self, url: str, login: KeptLogin, *, is_default: bool = False) -> None:
        """Keep a login in place of an earlier one for this server."""
        content = self._read()
        content["servers"][url] = {name: each for name, each in asdict(login).items() if each is not None}
        if is_default:
            content["default"] = url
        self._write(content)

    def forget(self, url: str) -> None:
        """Remove what is kept for a server."""
        content = self._read()
        content["servers"].pop(url, None)
        if content.get("default") == url:
            content["default"] = next(iter(content["servers"]), None)
        self._write(content)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes from changing the file meanwhile."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self._folder / "servers.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _read(self) -> dict[str, Any]:
        try:
            content = json.loads(self._file.read_bytes())
        except FileNotFoundError:
            return {"servers": {}}
        except ValueError as failure:
            raise CommandFailed(f"{self._file} is damaged; delete it and log in again") from failure
        if not isinstance(content, dict) or not isinstance(content.get("servers"), dict):
            raise CommandFailed(f"{self._file} is damaged; delete it and log in again")
        return content

    def _write(self, content: dict[str, Any]) -> None:
        """Replace the file, whole or not at all; its mode is 0600 from its beginning."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, part = tempfile.mkstemp(dir=self._folder, prefix=".servers-")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(content, file, indent=2)
                file.flush()
                os.fsync(file.fileno())
            Path(part).replace(self._file)
        except BaseException:
            Path(part).unlink(missing_ok=True)
            raise


class KeptTokens:
    """The credentials of a client that come from the file, and are refreshed there.

    A refresh token works once, so of several commands that run at the same time, one refreshes and the others
    read what it got.
    """

    def __init__(self, logins: KeptLogins, url: str, login: KeptLogin) -> None:
        self._logins = logins
        self._url = url
        self._login = login
        self._turn = asyncio.Lock()

    async def token(self) -> str:
        """Return an access token, refreshed if it is about to expire. Raises: RooCodeError."""
        if self._login.access_token and time.time() < self._login.expires_at - EARLY_S:
            return self._login.access_token
        return await self.renewed(self._login.access_token or "") or ""

    async def renewed(self, refused: str) -> str | None:
        """Return another access token; None if there is none. Raises: RooCodeError."""
        async with self._turn:
            if self._login.access_token == refused:
                lock = self._logins.locked()
                await asyncio.to_thread(lock.__enter__)
                try:
                    await asyncio.shield(self._refresh(refused))
                finally:
                    lock.__exit__(None, None, None)
        return self._login.access_token

    async def _refresh(self, refused: str) -> None:
        kept = self._logins.get(self._url)
        if kept is None or kept.refresh_token is None:
            return
        if kept.access_token == refused:
            async with AsyncRooCodeClient(base_url=self._url) as anonymous:
                kept = KeptLogin.of(kept.user, await anonymous.auth.refresh(kept.refresh_token))
            self._logins.keep(self._url, kept)
        self._login = kept


def _configuration_folder() -> Path:
    chosen = os.environ.get("XDG_CONFIG_HOME", "")
    base = Path(chosen) if Path(chosen).is_absolute() else Path.home() / ".config"
    return base / "roocode"
