"""What proves who calls: an API key, or the tokens of a login, which are refreshed in time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

from roocode.models import Tokens

EARLY_S: Final = 30.0
"""How long before its end an access token is refreshed."""

Refresh = Callable[[str], Awaitable[Tokens]]
"""Exchanges a refresh token for new tokens."""


class Credentials(Protocol):
    """Where the token of each request comes from."""

    async def token(self) -> str:
        """Return a token that is valid as far as is known. Raises: RooCodeError."""

    async def renewed(self, refused: str) -> str | None:
        """Return another token in place of one that was refused as expired; None if there is none."""


class FixedKey:
    """A key, which stays the same."""

    def __init__(self, key: str) -> None:
        self._key = key

    async def token(self) -> str:
        """Return the key."""
        return self._key

    async def renewed(self, refused: str) -> str | None:
        """None: a key that has expired is replaced by a person."""
        return None


class Login:
    """The tokens of a login. `on_change` is told the new ones before they are used, so that they can be
    kept.
    """

    def __init__(
        self, tokens: Tokens, refresh: Refresh, on_change: Callable[[Tokens], object] | None = None
    ) -> None:
        self._refresh = refresh
        self._on_change = on_change
        self._renewal: asyncio.Task[None] | None = None
        self._take(tokens)

    async def token(self) -> str:
        """Return the access token, refreshed if it is about to expire."""
        if time.monotonic() < self._ends_at:
            return self._tokens.access_token
        return await self._next(self._tokens.access_token)

    async def renewed(self, refused: str) -> str | None:
        """Return a new access token, unless another call has got one meanwhile."""
        return await self._next(refused)

    async def _next(self, old: str) -> str:
        """A refresh token works once, so all who need another wait for the same exchange, which is finished
        even if they give up: its answer has the only token that still works.
        """
        if self._tokens.access_token == old:
            if self._renewal is None:
                self._renewal = asyncio.create_task(self._renew())
            await asyncio.shield(self._renewal)
        return self._tokens.access_token

    async def _renew(self) -> None:
        try:
            tokens = await self._refresh(self._tokens.refresh_token)
            if self._on_change is not None:
                self._on_change(tokens)
            self._take(tokens)
        finally:
            self._renewal = None

    def _take(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self._ends_at = time.monotonic() + max(tokens.expires_in - EARLY_S, tokens.expires_in / 2)
