"""How long a connection may act for its caller: until the credential expires or is revoked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from roocode_server.engine.accounts.watch import CredentialWatch
from roocode_server.models.clock import now
from roocode_server.models.error import AppError, AuthenticationFailed, TokenExpired
from roocode_server.models.user import Caller

CREDENTIALS_ENDED: Final = 4401
"""The code with which a raw WebSocket is closed; the reason is the code of the error."""


class Tenure:
    """One caller on one connection.

    `expired` is called when the token has expired: from then on nothing is sent or done for the caller.
    Unless a new token arrives within `grace_s`, `over` is called; after a revocation it is called at once.
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
        """Whether the token has expired and no new one has arrived."""
        return not self._is_good.is_set()

    async def renewed(self) -> None:
        """Return once the caller has a valid token."""
        await self._is_good.wait()

    def begin(self, caller: Caller) -> None:
        """Watch the credential of this caller, instead of the previous one."""
        self.end()
        self._is_good.set()
        self._leave = self._watch.follow(caller, lambda: self._over(AuthenticationFailed()))
        if caller.expires_at is not None:
            left_s = (caller.expires_at - now()).total_seconds()
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(max(0.0, left_s), self._expire)

    def end(self) -> None:
        """Stop watching; the connection is gone."""
        if self._timer is not None:
            self._timer.cancel()
        if self._leave is not None:
            self._leave()

    def _expire(self) -> None:
        self._is_good.clear()
        self._tell_expired()
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._grace_s, self._over, TokenExpired())
