"""How long a connection's caller may stay: until its credential runs out, or is taken back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from roocode_server.engine.accounts.watch import CredentialWatch
from roocode_server.models.clock import now
from roocode_server.models.error import AppError, AuthenticationFailed, TokenExpired
from roocode_server.models.user import Caller

CREDENTIALS_ENDED: Final = 4401
"""The code with which a raw WebSocket is closed then; its reason is the code of the error."""


class Tenure:
    """One caller on one connection.

    `expired` is called when its token has run out: nothing is told or done for it from then on. Unless
    another one is given within `grace_s`, `over` is called; at once, where the credential was taken back.
    """

    def __init__(
        self,
        watch: CredentialWatch,
        grace_s: float,
        *,
        expired: Callable[[], None],
        over: Callable[[AppError], None],
    ) -> None:
        self._watch = watch
        self._grace_s = grace_s
        self._tell_expired = expired
        self._over = over
        self._timer: asyncio.TimerHandle | None = None
        self._leave: Callable[[], None] | None = None
        self._is_good = asyncio.Event()
        self._is_good.set()

    @property
    def is_expired(self) -> bool:
        return not self._is_good.is_set()

    async def renewed(self) -> None:
        """Return once the caller has a token that is good."""
        await self._is_good.wait()

    def begin(self, caller: Caller) -> None:
        """Look after this caller, in place of the one before."""
        self.end()
        self._is_good.set()
        self._leave = self._watch.follow(caller, lambda: self._over(AuthenticationFailed()))
        if caller.expires_at is not None:
            left_s = (caller.expires_at - now()).total_seconds()
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(max(0.0, left_s), self._expire)

    def end(self) -> None:
        """The connection is gone."""
        if self._timer is not None:
            self._timer.cancel()
        if self._leave is not None:
            self._leave()

    def _expire(self) -> None:
        self._is_good.clear()
        self._tell_expired()
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._grace_s, self._over, TokenExpired())
