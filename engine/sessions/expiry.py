"""Expiry of sessions. Source: S0, `expiresAt`."""

from __future__ import annotations

import asyncio
import datetime
from typing import Final

import structlog

from roocode_server.engine.sessions.sessions import Sessions
from roocode_server.models.clock import now

LONGEST_EXPIRY_WAIT_S: Final = 60.0
"""Waits are limited, because a machine's clock can be set or stand still during sleep."""

log = structlog.get_logger("sessions")


class Expiry:
    """Stops everything that runs in a session when it expires."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._watching: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Start watching."""
        self._watching = asyncio.create_task(self._watch(), name="expiry of sessions")

    async def close(self) -> None:
        """Stop watching."""
        watching, self._watching = self._watching, None
        if watching is not None:
            watching.cancel()
            await asyncio.wait({watching})

    async def _watch(self) -> None:
        while True:
            self._sessions.expiry_changed.clear()
            try:
                following = await self._sessions.expire_overdue()
            except Exception:
                log.exception("ending sessions failed and will be tried again")
                following = None
            await self._wait(following)

    async def _wait(self, until: datetime.datetime | None) -> None:
        """Wait until the moment, until a session's expiry changes, or for `LONGEST_EXPIRY_WAIT_S`."""
        left_s = LONGEST_EXPIRY_WAIT_S if until is None else (until - now()).total_seconds()
        try:
            async with asyncio.timeout(min(max(left_s, 0.0), LONGEST_EXPIRY_WAIT_S)):
                await self._sessions.expiry_changed.wait()
        except TimeoutError:
            return
